using System.Buffers;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Routing;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Protocol;
using Iggy.Ui.Circuits;
using Iggy.Ui.Figures;
using Iggy.Ui.Messages;

namespace Iggy.Ui.Groups;

/// <summary>Where a group is sent.</summary>
internal enum ResetTarget
{
    /// <summary>To the first message kept.</summary>
    Oldest,

    /// <summary>Behind the last message.</summary>
    Newest,

    /// <summary>To an offset.</summary>
    Offset,

    /// <summary>To the first message of a time or later.</summary>
    Time,
}

/// <summary>What a reset does in one partition.</summary>
/// <param name="PartitionId">Where.</param>
/// <param name="Next">The message that is read next now.</param>
/// <param name="NewNext">The message that is read next then.</param>
internal readonly record struct ResetStep(uint PartitionId, ulong Next, ulong NewNext)
{
    /// <summary>Messages that are read again.</summary>
    public ulong Again => Next > NewNext ? Next - NewNext : 0;

    /// <summary>Messages that are never read.</summary>
    public ulong Skipped => NewNext > Next ? NewNext - Next : 0;

    /// <summary>What is stored for it: the last message handled; null for nothing, which is from the first on.</summary>
    public ulong? Stored => NewNext > 0 ? NewNext - 1 : null;
}

/// <summary>Sends a group elsewhere: first as a plan that somebody looks at, then as it was shown.</summary>
internal sealed class GroupReset(ConsumerLookup lookup)
{
    /// <summary>What would be done.</summary>
    /// <exception cref="ConsoleException">A partition has no such offset.</exception>
    public async Task<IReadOnlyList<ResetStep>> PlanAsync(IReadOnlyList<PartitionDetails> partitions, ResetTarget target, ulong value)
    {
        var steps = await Task.WhenAll(partitions.Select(async partition =>
        {
            var (id, end) = (partition.Entry.Id, Lists.EndOf(partition));
            var first = end - Math.Min(end, partition.Stats.MessagesCount);
            var next = await lookup.FindStoredAsync(id) is { } stored ? Math.Min(stored + 1, end) : first;
            return new ResetStep(id, Math.Max(next, first), target switch
            {
                ResetTarget.Oldest => first,
                ResetTarget.Newest => end,
                ResetTarget.Offset => Math.Clamp(value, first, end),
                _ => Math.Max(first, await lookup.Reader.FindStartAsync(id, PollFrom.Timestamp, value)),
            });
        }));
        return [.. steps.OrderBy(static step => step.PartitionId)];
    }

    /// <summary>Does what was planned.</summary>
    public async Task ApplyAsync(IReadOnlyList<ResetStep> steps)
    {
        foreach (var step in steps.Where(static step => step.Next != step.NewNext))
            await lookup.StoreAsync(step.PartitionId, step.Stored);
    }
}

/// <summary>What is stored for a group.</summary>
internal sealed class ConsumerLookup(ConsoleUser user, Backend backend, TopicAddress address, uint groupId)
{
    private readonly byte[] _group = Encode(groupId);

    /// <summary>Reads its topic.</summary>
    public MessageReader Reader { get; } = new(user, backend, address);

    /// <summary>The last message that is handled; null for none.</summary>
    public async Task<ulong?> FindStoredAsync(uint partitionId) => (await user.AskAsync(session => backend.GroupReads.FindAsync(session, address, _group, partitionId)))?.StoredOffset;

    /// <summary>Stores it, or forgets it.</summary>
    public async Task StoreAsync(uint partitionId, ulong? offset)
    {
        var error = await user.AskAsync(session => offset is { } handled
            ? backend.GroupReads.StoreAsync(session, address, _group, partitionId, handled)
            : backend.GroupReads.DeleteAsync(session, address, _group, partitionId));
        if (offset is null && error is IggyError.ConsumerOffsetNotFound)
            return; // nothing was stored, as it shall be
        CommandRefusedException.ThrowIf(error);
    }

    private static byte[] Encode(uint groupId)
    {
        var bytes = new ArrayBufferWriter<byte>();
        new WireWriter(bytes).Identifier(new Identifier(groupId));
        return bytes.WrittenSpan.ToArray();
    }
}
