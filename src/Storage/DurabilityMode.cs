namespace Iggy.Storage;

/// <summary>What the end of <c>PartitionLog.CommitAsync</c> stands for.</summary>
public enum DurabilityMode : byte
{
    /// <summary>In the page cache: survives the death of the process, not of the machine.</summary>
    None,

    /// <summary>As <see cref="None"/>, and synced to disk within <c>PartitionLogOptions.FlushInterval</c>.</summary>
    Interval,

    /// <summary>Synced to disk.</summary>
    Always,
}
