using Iggy.Gateway.Limits;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;

namespace Iggy.Gateway.Commands;

/// <summary>What a poll found, with the memory that it takes. To be disposed when it is sent.</summary>
/// <param name="Error">Why nothing was read, if it is one.</param>
/// <param name="PartitionId">Where it was read; null when a member does not own the partition it asked for, or owns none.</param>
/// <param name="Result">The messages.</param>
/// <param name="Room">Their share of what all replies may take, if they need one.</param>
internal readonly record struct PolledReply(IggyError Error, uint? PartitionId, PollResult Result, ReplyRoom? Room) : IDisposable
{
    /// <summary>Of the member that it was read for; 0 without a group. Changes with every change of hands.</summary>
    public ulong OwnerGeneration { get; init; }

    /// <summary>The messages, all at once or piece by piece: whole ones, and each piece is gone when the next one is asked for.</summary>
    /// <exception cref="IOException">The rest cannot be read any more.</exception>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> PiecesAsync()
    {
        if (Result.Messages is { } whole)
            yield return whole.Bytes;
        while (Result.Large is { } large && await large.NextAsync() is { } piece)
        {
            using (piece)
                yield return piece.Bytes;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Result.Messages?.Dispose();
        Result.Large?.Dispose();
        Room?.Dispose();
    }
}
