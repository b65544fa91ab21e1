using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Options;

/// <summary>How consumer groups hand partitions over. Section <c>Iggy:ConsumerGroups</c>.</summary>
public sealed class ConsumerGroupOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Iggy:ConsumerGroups";

    /// <summary>How long a member may keep a partition that is promised to another while it has uncommitted messages of it; then it moves, and those
    /// messages are delivered again. 1 ms to 1 day, default 30 s, as Apache Iggy's <c>consumer_group.rebalancing_timeout</c>.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan RebalancingTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a group looks for promises that ran out and for members whose connections are gone. 1 ms to 1 hour, default 5 s, as
    /// Apache Iggy's <c>consumer_group.rebalancing_check_interval</c>.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan RebalancingCheckInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a change of a group waits for one gateway. 1 ms to 1 minute, default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan GatewayTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Most consumer groups of one topic. 1 to 1,000,000, default 10,000; Apache Iggy has no bound.</summary>
    [Range(1, 1_000_000)]
    public int MaxGroupsPerTopic { get; set; } = 10_000;
}

[OptionsValidator]
internal sealed partial class ConsumerGroupOptionsValidator : IValidateOptions<ConsumerGroupOptions>;
