using System.Collections.Frozen;
using Iggy.Protocol;

namespace Iggy.Gateway.Metrics;

/// <summary>Commands as metrics name them.</summary>
internal static class CommandNames
{
    private static readonly FrozenDictionary<CommandCode, string> _names = Enum.GetValues<CommandCode>().ToFrozenDictionary(static code => code, static code => code.ToString());

    /// <summary>The name of a command; one name for all that are not known.</summary>
    public static string Of(CommandCode code) => _names.GetValueOrDefault(code, "Unknown");
}
