using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Iggy.Archive;

/// <summary>Continuous backup into a bucket that speaks S3. Section <c>Iggy:Archive</c>. Credentials and region come as for every program of the AWS SDK: <c>AWS_ACCESS_KEY_ID</c>
/// and <c>AWS_SECRET_ACCESS_KEY</c>, a profile, a web identity, or the machine's role.</summary>
public sealed class ArchiveOptions : IValidatableObject
{
    /// <summary>The section's name.</summary>
    public const string Section = "Iggy:Archive";

    /// <summary>The bucket; it must exist. Empty, the default: there is no backup.</summary>
    public string Bucket { get; set; } = "";

    /// <summary>What all keys begin with, so that a bucket can hold other things. Default <c>iggy</c>.</summary>
    public string Prefix { get; set; } = "iggy";

    /// <summary>Name of this server in the archive: letters, digits, <c>.</c>, <c>_</c> and <c>-</c>. Of two servers of one name only the one that started last writes. Default <c>server</c>.</summary>
    [RegularExpression("[A-Za-z0-9._-]{1,100}")]
    public string Server { get; set; } = "server";

    /// <summary>Address of a store that is not Amazon's, such as <c>https://s3.example.org</c>. Empty, the default: Amazon's in the region.</summary>
    public string ServiceUrl { get; set; } = "";

    /// <summary>The region; empty, the default: that of <c>AWS_REGION</c> or the profile, and <c>us-east-1</c> for a store with an address of its own.</summary>
    public string Region { get; set; } = "";

    /// <summary>Whether the bucket stands in the path of requests and not in the name of the host, as most stores but Amazon's want it. Default false.</summary>
    public bool PathStyle { get; set; }

    /// <summary>How far the archive may be behind what was appended, while the store keeps up. 1 s to 1 day, default 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan MaxLag { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How far back one can go at least; what no moment in it needs is deleted from the bucket. 0, the default: everything stays. Up to 10,000 days.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "10000.00:00:00")]
    public TimeSpan Retention { get; set; }

    /// <summary>Most bytes that go to the store in a second, all transfers together. 0, the default: no limit.</summary>
    [Range(0, 1L << 40)]
    public long MaxBytesPerSecond { get; set; }

    /// <summary>How many segments go to the store at the same time. 1 to 64, default 4.</summary>
    [Range(1, 64)]
    public int MaxTransfers { get; set; } = 4;

    /// <summary>How long a request to the store may stand still before it is given up and tried again. 1 s to 10 min, default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes of each partition that stay on the disk, for topics without <c>local_retention_bytes</c> of their own; older segments are read from the bucket. 0, the default: all of them. Up to 512 TiB.</summary>
    [Range(0, 1L << 49)]
    public long LocalRetentionBytes { get; set; }

    /// <summary>Age up to which messages stay on the disk, for topics without <c>local_retention_time</c> of their own; older segments are read from the bucket. 0, the default: always.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "10000.00:00:00")]
    public TimeSpan LocalRetentionTime { get; set; }

    /// <summary>Bytes on the disk in which blocks from the bucket are kept for those who read them again. 128 MiB to 1 TiB, default 512 MiB; a file in the data folder, made when it is first needed.</summary>
    [Range(128L << 20, 1L << 40)]
    public long ColdCacheBytes { get; set; } = 512L << 20;

    /// <summary>How many blocks of 4 MiB come from the bucket at the same time. 1 to 64, default 4.</summary>
    [Range(1, 64)]
    public int MaxColdDownloads { get; set; } = 4;

    /// <summary>How many blocks behind one that is read come ahead, for who reads one after the other. 0 to 64, default 4.</summary>
    [Range(0, 64)]
    public int ColdReadAhead { get; set; } = 4;

    /// <summary>How many reads may wait for blocks from the bucket; one more is told to come again. 1 to 10,000, default 256.</summary>
    [Range(1, 10_000)]
    public int MaxColdReads { get; set; } = 256;

    /// <summary>How long a read waits for a block from the bucket before it is told to come again. 100 ms to 5 min, default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan ColdReadTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether there is a backup.</summary>
    internal bool IsOn => Bucket.Length > 0;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ServiceUrl.Length > 0 && !(Uri.TryCreate(ServiceUrl, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.UserInfo.Length == 0))
            yield return new ValidationResult($"{Section}:ServiceUrl is no address such as https://s3.example.org, without user and password.");
        if (MaxBytesPerSecond is > 0 and < 65536)
            yield return new ValidationResult($"{Section}:MaxBytesPerSecond is '{MaxBytesPerSecond}'; allowed: 0, or from 65536 on.");
        if (Retention > TimeSpan.Zero && Retention < TimeSpan.FromMinutes(1))
            yield return new ValidationResult($"{Section}:Retention is '{Retention}'; allowed: 0, or from 00:01:00 on.");
    }
}

[OptionsValidator]
internal sealed partial class ArchiveOptionsValidator : IValidateOptions<ArchiveOptions>;
