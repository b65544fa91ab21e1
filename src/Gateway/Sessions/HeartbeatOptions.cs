using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Sessions;

/// <summary>What happens to silent clients. Section <c>Iggy:Heartbeat</c>.</summary>
public sealed class HeartbeatOptions
{
    /// <summary>Whether a silent member of consumer groups loses its places in them, and its connection. Others may be silent. Default false, as
    /// Apache Iggy's.</summary>
    public bool Enabled { get; set; }

    /// <summary>How often it is looked for members that were silent for 1.2 times as long; any request counts. 10 ms to 1 day, default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(5);
}

[OptionsValidator]
internal sealed partial class HeartbeatOptionsValidator : IValidateOptions<HeartbeatOptions>;
