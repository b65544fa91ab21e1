using System.ComponentModel.DataAnnotations;

namespace Iggy.Silo.Options;

/// <summary>How the server runs as a whole. Section <c>Iggy:Server</c>.</summary>
public sealed class ServerOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Iggy:Server";

    /// <summary>Longest time that a command waits for its answer from inside the server. 1 s to 10 minutes, default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest time that a stop may take before open work is cut. 1 s to 10 minutes, default 10 s, as Apache Iggy's.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(10);
}
