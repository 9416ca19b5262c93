//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

/// What the user asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// Run a Windows program.
    Run(Run),
    /// Run a program that another haft process describes over descriptor 3.
    Child,
    /// Fork processes that will run programs, for the process at the other end of descriptor 3.
    Zygote,
    /// Be a session's executive, for whoever connects to the socket at descriptor 3.
    Executive,
    /// Show processes, handles and inheritance at work.
    Demo,
    /// List haft's processes.
    Processes {
        /// As JSON.
        json: bool,
    },
    /// List handles.
    Handles {
        /// The processes, by identifier or program; all of them if there are none.
        processes: Vec<OsString>,
        /// As JSON.
        json: bool,
    },
    /// Have the Linux kernel run Windows programs by haft.
    Binfmt(crate::binfmt::Action),
    /// Print what is implemented, as a Markdown page.
    Compatibility,
    /// Print how haft is used.
    Help,
    /// Print the version.
    Version,
}

/// A program to run, and how.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// The program's file, as given.
    pub program: OsString,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// DLLs whose calls are traced: names with commas between them, or `all`.
    pub trace: String,
    /// Whether the program says at its end which handles it leaves open.
    pub leaks: bool,
    /// The session; empty for the usual one.
    pub session: String,
    /// Folders to look for DLLs in.
    pub dll_folders: Vec<PathBuf>,
}

/// What `haft --help` prints.
pub const HELP: &str = "\
haft runs x86-64 Windows console programs on Linux.

Usage: haft [OPTIONS] PROGRAM [ARGUMENTS...]
       haft COMMAND

Options:
  --trace=DLL[,DLL...]  print each call of these built-in DLLs, one line a call
                        (kernel32, ntdll, msvcrt, ...; all for every one)
  --leaks               say at the program's end which handles it leaves open, and
                        where in it each was made
  --dll-path DIR        look for DLLs in DIR too; may be given more than once
  --session NAME        share named objects with the programs of this session alone;
                        private makes a new one
  -h, --help            print this
  -V, --version         print the version

Commands:
  ps [--json]           list haft's processes, as a tree
  handles [PID|PROGRAM...] [--json]
                        list their handles: access, flags, names, other holders
  binfmt install|remove|status
                        have Linux itself run Windows programs by haft, so that
                        ./prog.exe just runs (as root)
  demo                  show a parent, its children, their handle tables and an
                        explicit inheritance list, in embedded programs
  compat                print what is implemented, as docs/compatibility.md has it

A program that has the name of a command is run as ./NAME.

Paths: Z: is the Linux root; C: is a small drive of your own, kept under
$XDG_DATA_HOME/haft/c; COM1 is /dev/ttyS0, or what HAFT_COM1 names.
The exit code is the program's, 126 for a file that is no x86-64 Windows
program, 127 for one that is not there.
";

/// Reads the arguments after the command's own name.
///
/// # Errors
/// A sentence for the user.
pub fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Command, String> {
    use lexopt::Arg::{Long, Short, Value};
    let mut run = Run::default();
    let mut parser = lexopt::Parser::from_args(arguments);
    let say = |e: lexopt::Error| format!("{e}; haft --help lists the options");
    while let Some(argument) = parser.next().map_err(say)? {
        match argument {
            Long("trace") => {
                let list = parser.value().map_err(say)?;
                if !run.trace.is_empty() {
                    run.trace.push(',');
                }
                run.trace.push_str(&list.to_string_lossy());
            }
            Long("leaks") => run.leaks = true,
            Long("dll-path") => run.dll_folders.push(parser.value().map_err(say)?.into()),
            Long("session") => run.session = parser.value().map_err(say)?.to_string_lossy().into(),
            Long("internal-child") => return Ok(Command::Child),
            Long("internal-zygote") => return Ok(Command::Zygote),
            Long("internal-executive") => return Ok(Command::Executive),
            Short('h') | Long("help") => return Ok(Command::Help),
            Short('V') | Long("version") => return Ok(Command::Version),
            Value(first) => {
                match first.to_str() {
                    Some("demo") => return Ok(Command::Demo),
                    Some("ps") => {
                        let (named, json) = listing(parser)?;
                        if let Some(odd) = named.first() {
                            let odd = odd.to_string_lossy();
                            return Err(format!("haft ps takes no {odd}; try haft handles {odd}"));
                        }
                        return Ok(Command::Processes { json });
                    }
                    Some("handles") => {
                        let (processes, json) = listing(parser)?;
                        return Ok(Command::Handles { processes, json });
                    }
                    Some("binfmt") => return binfmt(parser),
                    Some("compat") => return Ok(Command::Compatibility),
                    _ => {}
                }
                run.program = first;
                run.arguments = parser.raw_args().map_err(say)?.collect();
                return Ok(Command::Run(run));
            }
            other => return Err(say(other.unexpected())),
        }
    }
    Err("no program was named; try: haft prog.exe, or haft --help".to_owned())
}

/// What `haft binfmt` is to do.
fn binfmt(mut parser: lexopt::Parser) -> Result<Command, String> {
    use crate::binfmt::Action;
    let say = |e: lexopt::Error| format!("{e}; haft --help lists the options");
    let named: Vec<OsString> = parser.raw_args().map_err(say)?.collect();
    match &named[..] {
        [one] => one.to_str().and_then(Action::named).map(Command::Binfmt),
        _ => None,
    }
    .ok_or_else(|| "haft binfmt is followed by install, remove or status".to_owned())
}

/// The arguments of a command that lists something: what is named, and whether as JSON.
fn listing(mut parser: lexopt::Parser) -> Result<(Vec<OsString>, bool), String> {
    use lexopt::Arg::{Long, Value};
    let say = |e: lexopt::Error| format!("{e}; haft --help lists the options");
    let (mut named, mut json) = (Vec::new(), false);
    while let Some(argument) = parser.next().map_err(say)? {
        match argument {
            Long("json") => json = true,
            Value(name) => named.push(name),
            other => return Err(say(other.unexpected())),
        }
    }
    Ok((named, json))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Command, String> {
        parse(arguments.iter().map(OsString::from))
    }

    #[test]
    fn options_after_the_program_are_the_programs() {
        let Ok(Command::Run(run)) = parsed(&["--trace=Kernel32.dll,ntdll", "a.exe", "--help"])
        else {
            panic!("not a run")
        };
        assert_eq!(run.program, "a.exe");
        assert_eq!(run.arguments, ["--help"]);
        assert_eq!(run.trace, "Kernel32.dll,ntdll");
    }

    #[test]
    fn a_repeated_trace_option_adds() {
        let Ok(Command::Run(run)) = parsed(&["--trace=ntdll", "--trace", "kernel32", "a.exe"])
        else {
            panic!("not a run")
        };
        assert_eq!(run.trace, "ntdll,kernel32");
    }

    #[test]
    fn what_is_listed_is_named_before_or_after_how() {
        let processes = vec![OsString::from("7"), OsString::from("a.exe")];
        let wanted = Ok(Command::Handles { processes, json: true });
        assert_eq!(parsed(&["handles", "--json", "7", "a.exe"]), wanted);
        assert_eq!(parsed(&["handles", "7", "a.exe", "--json"]), wanted);
        assert_eq!(parsed(&["ps"]), Ok(Command::Processes { json: false }));
        assert!(parsed(&["ps", "7"]).unwrap_err().contains("haft handles 7"));
    }

    #[test]
    fn binfmt_is_told_what_to_do() {
        use crate::binfmt::Action;
        assert_eq!(parsed(&["binfmt", "install"]), Ok(Command::Binfmt(Action::Install)));
        for wrong in [&["binfmt"][..], &["binfmt", "on"], &["binfmt", "remove", "it"]] {
            assert!(parsed(wrong).unwrap_err().contains("install, remove or status"));
        }
    }

    #[test]
    fn a_wrong_option_names_the_remedy() {
        let error = parsed(&["--tarce", "a.exe"]).unwrap_err();
        assert!(error.contains("--tarce") && error.contains("haft --help"), "{error}");
        assert!(parsed(&[]).unwrap_err().contains("no program"));
    }
}
