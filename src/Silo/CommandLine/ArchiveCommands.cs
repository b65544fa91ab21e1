using System.CommandLine;

namespace Iggy.Silo.CommandLine;

/// <summary>The commands that work on the archive of a backup: <c>restore</c> and <c>backup</c>.</summary>
internal static class ArchiveCommands
{
    /// <summary>Makes them.</summary>
    /// <param name="run">Does what is asked for; its exit code is the process's.</param>
    public static IEnumerable<Command> All(Func<ParseResult, ArchiveArguments, CancellationToken, Task<ExitCode>> run)
    {
        var from = new Option<string?>("--from") { Description = "Where the archive is, as s3://bucket/prefix. Default: what Iggy:Archive says." };
        var server = new Option<string?>("--server") { Description = "Whose archive, where the place holds those of several servers." };
        var at = new Option<string?>("--at") { Description = "The moment, in UTC, such as 2026-05-01T12:30:00Z. Default: the newest point." };
        var stream = new Option<string?>("--stream") { Description = "Only this stream, by name or number." };
        var dry = new Option<bool>("--dry-run") { Description = "Only say what would be done." };

        yield return Command("restore", "Make an empty data folder (IGGY_SYSTEM_PATH) what a server's was at a moment.", ArchiveTask.Restore, from, server, at, stream, dry);
        yield return new Command("backup", "Look at the archive of a backup; no server is needed.")
        {
            Command("status", "How far the archive goes and what it holds.", ArchiveTask.Status, from, server),
            Command("verify", "Read all that a point needs and compare it with its checksums.", ArchiveTask.Verify, from, server, at),
            Command("points", "The moments that can be gone back to.", ArchiveTask.Points, from, server),
        };

        Command Command(string name, string about, ArchiveTask task, params Option[] options)
        {
            var command = new Command(name, about);
            foreach (var option in options)
                command.Options.Add(option);
            command.SetAction(async (parsed, cancellationToken) => (int)await run(parsed, new ArchiveArguments(task)
            {
                From = Value(parsed, from),
                Server = Value(parsed, server),
                At = Value(parsed, at),
                Stream = Value(parsed, stream),
                IsDry = options.Contains(dry) && parsed.GetValue(dry),
            }, cancellationToken));
            return command;

            string? Value(ParseResult parsed, Option<string?> option) => options.Contains(option) ? parsed.GetValue(option) : null;
        }
    }
}
