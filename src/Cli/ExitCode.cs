namespace Iggy.Cli;

/// <summary>What the process answers to whoever started it; part of the tool's promise, and told by <c>--help</c>.</summary>
internal enum ExitCode
{
    /// <summary>Done.</summary>
    Ok = 0,

    /// <summary>The server refused; its error is on standard error.</summary>
    Refused = 1,

    /// <summary>The command line or an input file asks for something that can't be.</summary>
    Usage = 2,

    /// <summary>The server can't be reached, or did not answer.</summary>
    NoConnection = 3,

    /// <summary>What was asked for does not exist.</summary>
    NotFound = 4,

    /// <summary>Ended by Ctrl-C before it was done.</summary>
    Interrupted = 130,
}

/// <summary>Ends a command with a message for people.</summary>
internal sealed class CommandException(ExitCode code, string message) : Exception(message)
{
    /// <summary>The process's exit code.</summary>
    public ExitCode Code { get; } = code;
}
