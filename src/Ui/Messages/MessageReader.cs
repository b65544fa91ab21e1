using Iggy.Gateway.Errors;
using Iggy.Gateway.Routing;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Ui.Circuits;

namespace Iggy.Ui.Messages;

/// <summary>What was read of a partition.</summary>
/// <param name="Messages">In their order.</param>
/// <param name="End">Offset of the partition's last message; 0 also when it is empty.</param>
internal sealed record ReadBatch(IReadOnlyList<ConsoleMessage> Messages, ulong End);

/// <summary>Where a search stopped.</summary>
/// <param name="Found">What it found.</param>
/// <param name="Next">Where to go on in each partition; those that were read to their end are left out.</param>
/// <param name="Looked">Messages that it looked at.</param>
internal sealed record SearchResult(IReadOnlyList<ConsoleMessage> Found, IReadOnlyDictionary<uint, ulong> Next, long Looked);

/// <summary>Reads messages for one page, without a consumer of its own: nothing is stored, nobody's place moves.</summary>
internal sealed class MessageReader(ConsoleUser user, Backend backend, TopicAddress address)
{
    /// <summary>Messages that a page shows at most.</summary>
    public const int MostMessages = 500;

    /// <summary>Bytes that a page holds at most, beside one message.</summary>
    public const int MostBytes = 4 << 20;

    /// <summary>Messages that a search looks at before it asks whether to go on.</summary>
    public const int MostSearched = 200_000;

    private const int SearchBytes = 1 << 20;
    private const uint SearchCount = 5_000;

    /// <summary>Reads from one partition.</summary>
    public async Task<ReadBatch> ReadAsync(uint partitionId, PollFrom from, ulong value, uint count, int maxBytes = MostBytes, int mostPayloadBytes = int.MaxValue)
    {
        using var polled = await user.AskAsync(session => backend.Messages.PollAsync(
            session, address, new PollRequest(default, from, value, count, AutoCommit: false, MessageLayout.Classic, partitionId, HeadroomBytes: 0, maxBytes)));
        CommandRefusedException.ThrowIf(polled.Error);
        var messages = new List<ConsoleMessage>();
        await foreach (var piece in polled.PiecesAsync())
            messages.AddRange(MessageDecoder.Read(piece.Span, partitionId, mostPayloadBytes));
        return new ReadBatch(messages, polled.Result.CurrentOffset);
    }

    /// <summary>The offset that the next message of a partition gets; waits for one at an offset, or for a while.</summary>
    public async Task<ulong> WaitAsync(uint partitionId, ulong offset, TimeSpan limit, CancellationToken ended = default)
    {
        var (error, next) = await user.AskAsync(session => backend.Messages.WaitAsync(session, address, partitionId, offset, limit, ended));
        CommandRefusedException.ThrowIf(error);
        return next;
    }

    /// <summary>Where reading starts in a partition, as an offset.</summary>
    public async Task<ulong> FindStartAsync(uint partitionId, PollFrom from, ulong value) =>
        from is PollFrom.Offset ? value : (await ReadAsync(partitionId, from, value, 1)).Messages is [var first, ..] ? first.Offset : await WaitAsync(partitionId, 0, TimeSpan.Zero);

    /// <summary>Looks for messages, from some offsets on: until it has enough, or has looked at very many.</summary>
    public async Task<SearchResult> SearchAsync(IReadOnlyDictionary<uint, ulong> starts, MessageFilter filter, int most, CancellationToken ended)
    {
        var (found, next, looked, bytes) = (new List<ConsoleMessage>(), new Dictionary<uint, ulong>(starts), 0L, 0L);
        foreach (var (partitionId, start) in starts)
        {
            var at = start;
            while (found.Count < most && looked < MostSearched && bytes < MostBytes)
            {
                ended.ThrowIfCancellationRequested();
                var batch = await ReadAsync(partitionId, PollFrom.Offset, at, SearchCount, SearchBytes);
                if (batch.Messages.Count == 0)
                {
                    next.Remove(partitionId);
                    break;
                }
                foreach (var message in batch.Messages)
                {
                    (at, looked) = (message.Offset + 1, looked + 1);
                    if (!filter.Fits(message))
                        continue;
                    found.Add(message);
                    bytes += message.PayloadBytes;
                    if (found.Count == most || bytes >= MostBytes)
                        break;
                }
                next[partitionId] = at;
            }
        }
        return new SearchResult(found, next, looked);
    }
}
