using System.Collections.Immutable;
using Iggy.Gateway.Authorization;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.Streams;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Protocol;
using Iggy.Ui.Circuits;

namespace Iggy.Ui.Figures;

/// <summary>A stream in a list.</summary>
internal sealed record StreamRow(StreamEntry Stream, int Topics, uint Partitions, ulong Messages, ulong Bytes, ulong Lag, ulong Appended, bool HasFigures);

/// <summary>A topic in a list.</summary>
internal sealed record TopicRow(StreamEntry Stream, TopicEntry Topic, uint Partitions, ulong Messages, ulong Bytes, uint Segments, ulong Lag, ulong Appended);

/// <summary>What lists show: all that the user may see, and nothing else.</summary>
internal static class Lists
{
    /// <summary>The streams that a user sees: those that he may read, or of which he may read or write something.</summary>
    public static async ValueTask<ImmutableArray<StreamEntry>> VisibleStreamsAsync(this Backend backend, Session session)
    {
        var streams = await backend.Catalog.ListStreamsAsync();
        if (session.Access.MayListStreams())
            return streams;
        var seen = await Task.WhenAll(streams.Select(async stream => session.Access.MayReadStream(stream.Id) || session.Access.MayListTopics(stream.Id)
            || (await backend.VisibleTopicsAsync(session, stream)).Length > 0));
        return [.. streams.Where((_, index) => seen[index])];
    }

    /// <summary>The topics of a stream that a user sees.</summary>
    public static async ValueTask<ImmutableArray<TopicEntry>> VisibleTopicsAsync(this Backend backend, Session session, StreamEntry stream)
    {
        var topics = await backend.Catalog.ListTopicsAsync(stream);
        return session.Access.MayListTopics(stream.Id) ? topics : topics.RemoveAll(topic =>
            !session.Access.MayReadTopic(stream.Id, topic.Id) && !session.Access.MayPoll(stream.Id, topic.Id) && !session.Access.MaySend(stream.Id, topic.Id));
    }

    /// <summary>The streams with their sums; what nobody has opened since a crash is not opened for it.</summary>
    public static async ValueTask<StreamRow[]> ListStreamsAsync(this Backend backend, Session session)
    {
        var streams = await backend.VisibleStreamsAsync(session);
        return await Task.WhenAll(streams.Select(async stream =>
        {
            var topics = await backend.VisibleTopicsAsync(session, stream);
            var rows = await backend.ListTopicsAsync(stream, topics);
            return new StreamRow(stream, topics.Length, Sum(rows, static row => row.Partitions), SumLong(rows, static row => row.Messages), SumLong(rows, static row => row.Bytes),
                SumLong(rows, static row => row.Lag), SumLong(rows, static row => row.Appended), true);
        }));
    }

    /// <summary>The topics of a stream with their sums, by one call each.</summary>
    public static async ValueTask<TopicRow[]> ListTopicsAsync(this Backend backend, Session session, Identifier streamId)
    {
        var stream = await backend.Catalog.GetStreamAsync(streamId);
        return await backend.ListTopicsAsync(stream, await backend.VisibleTopicsAsync(session, stream));
    }

    /// <summary>How many partitions a topic has, for whoever may read from it.</summary>
    public static async ValueTask<int> PartitionsOfAsync(this Backend backend, Session session, TopicAddress address)
    {
        var (stream, topic) = address.Decode();
        var found = await backend.Catalog.GetTopicAsync(stream, topic);
        UserAccess.Demand(session.Access.MayPoll(found.Stream.Id, found.Topic.Id));
        return (await backend.Catalog.Topic(found.Topic).ListPartitionsAsync()).Length;
    }

    /// <summary>How many messages a topic ever got.</summary>
    public static ulong AppendedOf(TopicFigures figures)
    {
        var sum = 0UL;
        foreach (var partition in figures.Partitions)
            sum += EndOf(partition);
        return sum;
    }

    /// <summary>The offset that the next message of a partition gets.</summary>
    public static ulong EndOf(PartitionDetails partition) => partition.Stats is { CurrentOffset: 0, MessagesCount: 0 } ? 0 : partition.Stats.CurrentOffset + 1;

    private static async ValueTask<TopicRow[]> ListTopicsAsync(this Backend backend, StreamEntry stream, ImmutableArray<TopicEntry> topics)
    {
        var totals = await backend.Catalog.GetTotalsAsync(topics);
        return [.. topics.Zip(totals, (topic, sums) => new TopicRow(stream, topic, sums.PartitionsCount, sums.MessagesCount, sums.SizeBytes, sums.SegmentsCount, sums.LagMessages, sums.MessagesCount))];
    }

    private static uint Sum<T>(T[] rows, Func<T, uint> value)
    {
        var sum = 0U;
        foreach (var row in rows)
            sum += value(row);
        return sum;
    }

    private static ulong SumLong<T>(T[] rows, Func<T, ulong> value)
    {
        var sum = 0UL;
        foreach (var row in rows)
            sum += value(row);
        return sum;
    }
}
