using Iggy.Client;

namespace Iggy.Cli.Values;

/// <summary>Connection strings of other servers.</summary>
internal static class Connections
{
    /// <summary>Reads one with credentials.</summary>
    /// <param name="text">May hold a secret, so that no message quotes it.</param>
    /// <param name="option">Who asks, for the message.</param>
    /// <exception cref="CommandException">It is something else.</exception>
    public static IggyClientOptions Parse(string text, string option)
    {
        try
        {
            return IggyClientOptions.Parse(text);
        }
        catch (FormatException e)
        {
            throw new CommandException(ExitCode.Usage, $"{option}: {e.Message}");
        }
    }
}
