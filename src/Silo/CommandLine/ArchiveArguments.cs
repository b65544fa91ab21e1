namespace Iggy.Silo.CommandLine;

/// <summary>What is to be done with the archive of a backup.</summary>
public enum ArchiveTask
{
    /// <summary>Make a data folder out of it.</summary>
    Restore,

    /// <summary>Say how far it goes and what it holds.</summary>
    Status,

    /// <summary>Read it and compare it with its checksums.</summary>
    Verify,

    /// <summary>List the moments that can be gone back to.</summary>
    Points,
}

/// <summary>What the command line asks of an archive.</summary>
/// <param name="Task">What to do.</param>
public sealed record ArchiveArguments(ArchiveTask Task)
{
    /// <summary><c>s3://bucket/prefix</c>; null for what the settings say.</summary>
    public string? From { get; init; }

    /// <summary>Whose archive, where the place holds several; null for the only one.</summary>
    public string? Server { get; init; }

    /// <summary>The moment, in UTC; null for the newest point.</summary>
    public string? At { get; init; }

    /// <summary>Name or number of the only stream wanted.</summary>
    public string? Stream { get; init; }

    /// <summary>Only say what would be done.</summary>
    public bool IsDry { get; init; }
}
