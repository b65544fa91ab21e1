using System.Text;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Protocol;

namespace Iggy.Gateway.Routing;

/// <summary>The number by which clients of the 0.12 line tell a partition from others that had its id.</summary>
internal static class PartitionIncarnation
{
    // What a double holds exactly: clients read it out of JSON too.
    private const ulong Mask = (1UL << 53) - 1;

    /// <summary>Never 0; of the key, which is never given again.</summary>
    public static ulong Of(PartitionEntry partition) => Math.Max(1, Hashes.Xxh3(Encoding.UTF8.GetBytes(partition.Key)) & Mask);
}
