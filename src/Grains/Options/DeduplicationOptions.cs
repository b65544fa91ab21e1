using System.ComponentModel.DataAnnotations;
using Iggy.Storage;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Options;

/// <summary>Dropping of messages that a producer sends again, by their ids and for each partition. Section <c>Iggy:Deduplication</c>.</summary>
public sealed class DeduplicationOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Iggy:Deduplication";

    /// <summary>Whether a message is dropped, with an OK, when its id came to the same partition before. Messages sent without an id are never dropped. Default false.</summary>
    public bool Enabled { get; set; }

    /// <summary>Ids that a partition remembers, the newest ones. 1 to 10,000,000, default 10,000, as Apache Iggy's.</summary>
    [Range(1, 10_000_000)]
    public int MaxEntries { get; set; } = 10_000;

    /// <summary>How long an id is remembered after its message was appended. 1 ms to 1 day, default 1 minute, as Apache Iggy's.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan Expiry { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>As the log takes it.</summary>
    /// <returns>Null when it is off.</returns>
    internal DeduplicationWindow? ToWindow() => Enabled ? new DeduplicationWindow(MaxEntries, Expiry) : null;
}

[OptionsValidator]
internal sealed partial class DeduplicationOptionsValidator : IValidateOptions<DeduplicationOptions>;
