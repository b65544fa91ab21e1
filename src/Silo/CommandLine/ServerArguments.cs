namespace Iggy.Silo.CommandLine;

/// <summary>What the command line asks for.</summary>
public sealed record ServerArguments
{
    /// <summary>Remove all data before the start.</summary>
    public bool Fresh { get; init; }

    /// <summary>Root user <c>iggy</c> / <c>iggy</c> at the first start, where nothing else is given.</summary>
    public bool WithDefaultRootCredentials { get; init; }

    /// <summary>Apache Iggy's test aid: call yourself a follower.</summary>
    public bool Follower { get; init; }

    /// <summary>Print the effective configuration and leave.</summary>
    public bool ShowConfiguration { get; init; }

    /// <summary><c>--Iggy:Section:Name=value</c> pairs, in order, for .NET's command-line configuration.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];
}
