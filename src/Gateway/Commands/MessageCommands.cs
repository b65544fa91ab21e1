using Iggy.Gateway.Authorization;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;

namespace Iggy.Gateway.Commands;

/// <summary>Sending, polling and flushing: the hot path, where refusals are return values.</summary>
internal sealed class MessageCommands(PartitionCalls partitions, PartitionArrivals arrivals, ReplyMemory memory)
{
    /// <summary>Appends a batch to one partition of a topic.</summary>
    /// <param name="session">Who asks.</param>
    /// <param name="address">The topic.</param>
    /// <param name="choice">The partition.</param>
    /// <param name="batch">Borrowed until the answer.</param>
    /// <param name="ticket">The place of the send, where its connection has several under way.</param>
    /// <returns>What became of it and the partition that was chosen, or the reason why nothing was appended.</returns>
    /// <exception cref="TimeoutException">Unknown outcome; the partition may still read the batch.</exception>
    public async ValueTask<(IggyError Error, AppendResult Appended, PartitionPlace Place)> AppendAsync(Session session, TopicAddress address, PartitionChoice choice, MessageBatch batch, LaneTicket? ticket = null)
    {
        var (refusal, appended, place) = await partitions.CallAsync(session, MessageAction.Send, address, choice, (batch, ticket),
            static (partition, sent) => sent.ticket?.AppendAsync(partition, sent.batch) ?? partition.AppendAsync(sent.batch), static answer => answer.Refusal);
        return (RefusalTable.ToError(refusal), appended, place);
    }

    /// <summary>Reads from one partition.</summary>
    /// <param name="session">Who asks.</param>
    /// <param name="address">The topic.</param>
    /// <param name="request">What to read; <see cref="PollRequest.PartitionId"/> says where.</param>
    /// <returns>What was found. The caller disposes it.</returns>
    public async ValueTask<PolledReply> PollAsync(Session session, TopicAddress address, PollRequest request)
    {
        var hasRoom = memory.TryEnter();
        try
        {
            var (refusal, polled, _) = await partitions.CallAsync(session, MessageAction.Poll, address, PartitionChoice.Of(request.PartitionId), ReplyMemory.Fit(request, hasRoom),
                static (partition, request) => partition.PollAsync(request), static answer => answer.Refusal);
            var kept = memory.KeepAsync(hasRoom, polled);
            hasRoom = false;
            return new(RefusalTable.ToError(refusal), request.PartitionId, polled, await kept);
        }
        finally
        {
            memory.Leave(hasRoom);
        }
    }

    /// <summary>Waits until a partition has a message at an offset or above it, or for as long as asked.</summary>
    /// <param name="session">Who asks.</param>
    /// <param name="address">The topic.</param>
    /// <param name="partitionId">Of its partitions.</param>
    /// <param name="offset">The message waited for.</param>
    /// <param name="limit">Longest wait; none or less only looks.</param>
    /// <param name="ended">Ends the wait like its limit.</param>
    /// <returns>The offset that the next message gets.</returns>
    public async ValueTask<(IggyError Error, ulong NextOffset)> WaitAsync(
        Session session, TopicAddress address, uint partitionId, ulong offset, TimeSpan limit, CancellationToken ended = default)
    {
        var (refusal, wait, _) = await partitions.CallAsync(session, MessageAction.Poll, address, PartitionChoice.Of(partitionId), (arrivals, offset, limit, ended),
            static (partition, asked) => asked.arrivals.WaitAsync(partition.Grain, asked.offset, asked.limit, asked.ended), static answer => answer.Refusal);
        return (RefusalTable.ToError(refusal), wait.NextOffset);
    }

    /// <summary>Refuses unless stream and topic are there and the user has leave for an action.</summary>
    /// <exception cref="CommandRefusedException">Stream or topic is missing, or the user has no leave.</exception>
    public ValueTask RequireTopicAsync(Session session, MessageAction action, TopicAddress address) => partitions.RequireTopicAsync(session, action, address);

    /// <summary>Hands what is written to the operating system, or to the disk.</summary>
    public async ValueTask<IggyError> FlushAsync(Session session, TopicAddress address, uint partitionId, bool toDisk)
    {
        var (refusal, _, _) = await partitions.CallAsync(session, MessageAction.Send, address, PartitionChoice.Of(partitionId), toDisk,
            static (partition, toDisk) => partition.Grain.FlushAsync(toDisk), static answer => answer);
        return RefusalTable.ToError(refusal);
    }
}
