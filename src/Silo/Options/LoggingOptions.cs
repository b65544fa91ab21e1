using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Logging;

namespace Iggy.Silo.Options;

/// <summary>What is logged, to standard output. Section <c>Iggy:Logging</c>.</summary>
public sealed class LoggingOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Iggy:Logging";

    /// <summary>Least level that is logged. Default <c>Information</c>; <c>None</c> is silence.</summary>
    [EnumDataType(typeof(LogLevel))]
    public LogLevel Level { get; set; } = LogLevel.Information;

    /// <summary>Writes each entry as one JSON object instead of one line of text. Default false. Command line: <c>--log-json</c>.</summary>
    public bool Json { get; set; }

    /// <summary>Logs the effective configuration at start, secrets masked. Default false.</summary>
    public bool ShowConfiguration { get; set; }

    /// <summary>Last entries of the log that are kept in memory for the support archive. 0 keeps none, at most 100,000, default 2,000.</summary>
    [Range(0, 100_000)]
    public int SnapshotEntries { get; set; } = 2_000;
}
