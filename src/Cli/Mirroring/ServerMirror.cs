using Iggy.Cli.Output;
using Iggy.Client;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Cli.Mirroring;

/// <summary>Brings a server up to another: streams, topics with their settings, messages, consumer groups and how far they are. Streams and topics are found by their
/// names; what the target has besides stays.</summary>
/// <param name="source">Is read; of its own it gets stored offsets of one consumer.</param>
/// <param name="target">Is written.</param>
/// <param name="name">Under which the source keeps how far this is.</param>
/// <param name="consumers">Single consumers whose stored offsets come along: nobody can list them.</param>
/// <param name="clock">For waits.</param>
internal sealed class ServerMirror(IggyClient source, IggyClient target, string name, IReadOnlyList<Consumer> consumers, TimeProvider clock)
{
    private readonly Consumer _progress = new(ConsumerKind.Single, new(name));

    /// <summary>Goes through all streams once.</summary>
    /// <param name="wanted">Their names; none for all.</param>
    /// <param name="tell">Called for each topic that is done.</param>
    /// <param name="cancellationToken">Ends it; a later run goes on where this one was.</param>
    public async Task RunAsync(IReadOnlyList<string> wanted, Action<MirroredJson> tell, CancellationToken cancellationToken)
    {
        var streams = await source.GetStreamsAsync(cancellationToken);
        if (wanted.FirstOrDefault(one => streams.All(stream => stream.Name != one)) is { } missing)
            throw new CommandException(ExitCode.NotFound, $"The source has no stream '{missing}'.");
        foreach (var stream in streams.Where(stream => wanted.Count == 0 || wanted.Contains(stream.Name)))
        {
            Identifier from = new(stream.Id), to = new(stream.Name);
            if (await target.GetStreamAsync(to, cancellationToken) is null)
                await target.CreateStreamAsync(stream.Name, cancellationToken);
            foreach (var topic in await source.GetTopicsAsync(from, cancellationToken))
                tell(await MirrorAsync(stream.Name, from, to, topic, cancellationToken));
        }
    }

    private async Task<MirroredJson> MirrorAsync(string stream, Identifier from, Identifier to, TopicRecord topic, CancellationToken cancellationToken)
    {
        Identifier fromTopic = new(topic.Id), toTopic = new(topic.Name);
        await PrepareAsync(to, toTopic, topic, cancellationToken);
        var groups = await source.GetConsumerGroupsAsync(from, fromTopic, cancellationToken);
        foreach (var group in groups)
        {
            if (await target.GetConsumerGroupAsync(to, toTopic, new(group.Name), cancellationToken) is null)
                await target.CreateConsumerGroupAsync(to, toTopic, group.Name, cancellationToken);
        }

        var mirror = new PartitionMirror(source, target, _progress, from, fromTopic, to, toTopic, clock);
        var (copied, offsets) = (0L, 0);
        for (var partition = 0u; partition < topic.PartitionsCount; partition++)
        {
            var (count, distance) = await mirror.RunAsync(partition, cancellationToken);
            copied += count;
            if (distance is not { } known)
                continue;
            foreach (var group in groups)
                offsets += await StoreAsync(new(ConsumerKind.Group, new(group.Id)), new(ConsumerKind.Group, new(group.Name)), from, fromTopic, to, toTopic, partition, known, cancellationToken);
            foreach (var consumer in consumers)
                offsets += await StoreAsync(consumer, consumer, from, fromTopic, to, toTopic, partition, known, cancellationToken);
        }
        return new(stream, topic.Name, topic.PartitionsCount, copied, groups.Count, offsets);
    }

    private async Task PrepareAsync(Identifier stream, Identifier name, TopicRecord topic, CancellationToken cancellationToken)
    {
        if (await target.GetTopicAsync(stream, name, cancellationToken) is not { } found)
        {
            await target.CreateTopicAsync(stream, topic.Name, topic.PartitionsCount, new TopicSettings
            {
                Compression = topic.Compression,
                MessageExpiryMicros = topic.MessageExpiryMicros,
                MaxTopicSizeBytes = topic.MaxTopicSizeBytes,
                ReplicationFactor = Math.Max(topic.ReplicationFactor, (byte)1),
            }, cancellationToken);
        }
        else if (found.Topic.PartitionsCount < topic.PartitionsCount)
        {
            await target.CreatePartitionsAsync(stream, name, topic.PartitionsCount - found.Topic.PartitionsCount, cancellationToken);
        }
    }

    // Only forwards: consumers may have moved to the target already.
    private async Task<int> StoreAsync(
        Consumer there, Consumer here, Identifier from, Identifier fromTopic, Identifier to, Identifier toTopic, uint partition, long distance, CancellationToken cancellationToken)
    {
        if (await source.GetConsumerOffsetAsync(there, from, fromTopic, partition, cancellationToken) is not { } stored)
            return 0;
        // Consumers may be further than the copy: messages that came meanwhile come with the next round, and so does their offset.
        var newest = (await source.GetConsumerOffsetAsync(_progress, from, fromTopic, partition, cancellationToken))?.StoredOffset ?? 0;
        var offset = (long)Math.Min(stored.StoredOffset, newest) - distance;
        if (offset < 0 || (await target.GetConsumerOffsetAsync(here, to, toTopic, partition, cancellationToken) is { } present && present.StoredOffset >= (ulong)offset))
            return 0;
        await target.StoreConsumerOffsetAsync(here, to, toTopic, partition, (ulong)offset, cancellationToken);
        return 1;
    }
}
