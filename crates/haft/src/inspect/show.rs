//! How processes and handles are printed.

use super::handles::Table;
use super::processes::Process;
use serde::Serialize;
use std::fmt::Write as _;
use std::io::Write as _;

/// Prints a text; the exit status.
pub fn print(text: &str) -> i32 {
    // A reader that has seen enough, as head(1), is no failure.
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => 1,
        _ => 0,
    }
}

fn json(value: &impl Serialize) -> String {
    // Numbers, strings and lists: there is nothing in it that could fail.
    serde_json::to_string_pretty(value).map_or_else(|_| String::new(), |text| text + "\n")
}

/// Processes as JSON: a list.
pub fn processes_json(processes: &[Process]) -> String {
    json(&processes)
}

/// Handle tables as JSON: a list of processes, each with its table.
pub fn tables_json(tables: &[Table<'_>]) -> String {
    json(&tables)
}

/// Rows of cells as lines, the columns as wide as they need to be.
fn columns<const N: usize>(rows: &[[String; N]], right: &[usize]) -> String {
    let width = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let room = widths[column];
            let _ = match right.contains(&column) {
                true => write!(line, "{cell:>room$}  "),
                false => write!(line, "{cell:<room$}  "),
            };
        }
        text += line.trim_end();
        text += "\n";
    }
    text
}

/// Processes as a tree: children under their creators.
pub fn tree(processes: &[Process]) -> String {
    let mut rows =
        vec![["PID", "PARENT", "STATE", "HANDLES", "THREADS", "PROGRAM"].map(str::to_owned)];
    let known = |pid: u32| processes.iter().any(|p| p.pid == pid);
    let roots = processes.iter().filter(|p| !known(p.parent) || p.parent == p.pid);
    roots.for_each(|root| branch(root, processes, 0, &mut rows));
    columns(&rows, &[0, 1, 3, 4])
}

fn branch(process: &Process, all: &[Process], depth: usize, rows: &mut Vec<[String; 6]>) {
    let state = match process.exit_code {
        Some(code) => format!("{} {code:#x}", process.state),
        None => process.state.to_owned(),
    };
    rows.push([
        process.pid.to_string(),
        process.parent.to_string(),
        state,
        process.handles.to_string(),
        process.threads.to_string(),
        format!("{:indent$}{}", "", process.program, indent = depth * 2),
    ]);
    // A block is written by its process: one that calls itself its own ancestor ends here.
    if depth < all.len() {
        let children = all.iter().filter(|p| p.parent == process.pid && p.pid != process.pid);
        children.for_each(|child| branch(child, all, depth + 1, rows));
    }
}

/// Handle tables, one after the other.
pub fn tables(tables: &[Table<'_>]) -> String {
    let mut text = String::new();
    for table in tables {
        let process = table.process;
        if !text.is_empty() {
            text += "\n";
        }
        let _ = writeln!(
            text,
            "{} {} ({}), {} handles",
            process.pid, process.program, process.state, process.handles
        );
        let head = ["HANDLE", "TYPE", "ACCESS", "FLAGS", "ALSO HELD BY", "NAME"];
        let mut rows = vec![head.map(str::to_owned)];
        rows.extend(table.table.iter().map(|handle| {
            let flags = [
                ("inherit", handle.inheritable),
                ("protect", handle.protected),
                ("shared", handle.shared),
            ];
            let flags: Vec<_> = flags.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect();
            let holders: Vec<_> = handle.holders.iter().map(u32::to_string).collect();
            [
                format!("{:#x}", handle.handle),
                handle.object_type.to_owned(),
                handle.summary.clone(),
                flags.join(","),
                holders.join(","),
                handle.name.clone(),
            ]
        }));
        text += &columns(&rows, &[0]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_lines_end_where_their_text_does() {
        let rows = [["a", "bb", ""], ["ccc", "d", "e"]].map(|row| row.map(str::to_owned));
        assert_eq!(columns(&rows, &[0]), "  a  bb\nccc  d   e\n");
    }
}
