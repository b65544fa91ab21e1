namespace Iggy.EndToEnd.Tests;

/// <summary>A command with all that the written tables say of it.</summary>
/// <param name="Code">The command.</param>
/// <param name="Global">Flags that allow it; <see cref="Session"/> where a login does.</param>
/// <param name="Stream">Flags on the stream that allow it.</param>
/// <param name="Topic">Flags on the topic that allow it.</param>
/// <param name="Shape">Walks the reply to a request that succeeds.</param>
/// <param name="Present">A request that succeeds when allowed.</param>
/// <param name="Missing">Requests for something that is not there.</param>
internal sealed record CommandRow(
    uint Code, string Global, string Stream, string Topic, Action<ReplyReader> Shape, Func<byte[]> Present, params Absent[] Missing)
{
    /// <summary>A login is enough.</summary>
    public const string Session = "session";

    public bool NeedsSessionOnly => Global == Session;

    public bool AllowedBy(string level, string flag) =>
        NeedsSessionOnly || (level switch { "global" => Global, "stream" => Stream, _ => Topic }).Split(' ').Contains(flag);

    public override string ToString() => $"Command {Code}";
}

/// <summary>A request for something that is not there.</summary>
/// <param name="Request">The payload.</param>
/// <param name="Status">What it gets; with 0 the reply is empty.</param>
/// <param name="PermissionFirst">Whether permission is judged before existence.</param>
/// <param name="Newer">What it gets in the newer dialect, where that differs beyond <see cref="NewerDialect.Told"/>.</param>
internal sealed record Absent(byte[] Request, uint Status, bool PermissionFirst = false, uint? Newer = null);
