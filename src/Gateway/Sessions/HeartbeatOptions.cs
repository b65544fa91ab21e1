using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Sessions;

/// <summary>What happens to silent clients. Section <c>Iggy:Heartbeat</c>.</summary>
public sealed class HeartbeatOptions
{
    /// <summary>Whether a silent client loses its connection and its places in consumer groups. Default false, as Apache Iggy's.</summary>
    public bool Enabled { get; set; }

    /// <summary>How often a client has to be heard; any request counts, and 1.2 times as long is waited. 10 ms to 1 day, default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(5);
}

[OptionsValidator]
internal sealed partial class HeartbeatOptionsValidator : IValidateOptions<HeartbeatOptions>;
