using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Wire.Frames;
using Iggy.Gateway.Wire.Lines;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Gateway.Wire.Classic;

/// <summary>The control path of the classic dialect: everything but messages and offsets.</summary>
internal sealed class ClassicControl(CatalogReads reads, SystemCommands system, ClassicUsers users, StreamCommands streams, TopicCommands topics, SnapshotCommand snapshots)
{
    /// <summary>Enters the commands.</summary>
    public void AddTo(CommandTable table)
    {
        reads.AddTo(table, new ClassicLayout());
        AddSystem(table);
        users.AddTo(table);
        AddStreams(table);
        AddTopics(table);
    }

    private void AddSystem(CommandTable table)
    {
        table.Add(CommandCode.Ping, static (_, _, _) => new(new Outcome(IggyError.None)));
        table.Map(CommandCode.GetClusterMetadata, async (session, reply) => (await system.ClusterAsync(session)).Write(reply));
        table.Map<GetSnapshotRequest>(async (session, request, reply) => reply.Bytes((await snapshots.MakeAsync(session, request)).Span));
        table.Map(CommandCode.GetMe, static (session, reply) =>
        {
            if (session.Groups.IsEnded)
                throw new CommandRefusedException(IggyError.ClientNotFound); // sent away; the connection is about to end
            ClassicReplies.ClientDetails(ClusterGateways.View(session)).Write(reply);
            return default;
        });
        table.Map<GetClientRequest>(async (session, request, reply) =>
        {
            if (await system.FindClientAsync(session, request.ClientId) is { } client)
                ClassicReplies.ClientDetails(client).Write(reply);
        });
        table.Map(CommandCode.GetClients, async (session, reply) =>
        {
            foreach (var client in await system.ListClientsAsync(session))
                ClassicReplies.Client(client).Write(reply);
        });
    }

    private void AddStreams(CommandTable table)
    {
        table.Map<CreateStreamRequest>(async (session, request, reply) => ClassicReplies.Stream(await streams.CreateAsync(session, request.Name)).Write(reply));
        table.Map<UpdateStreamRequest>((session, request, _) => streams.UpdateAsync(session, request.Stream, request.Name));
        table.Map<DeleteStreamRequest>((session, request, _) => streams.DeleteAsync(session, request.Stream));
        table.Map<PurgeStreamRequest>((session, request, _) => streams.PurgeAsync(session, request.Stream));
    }

    private void AddTopics(CommandTable table)
    {
        table.Map<CreateTopicRequest>(async (session, request, reply) =>
        {
            var settings = new TopicSettings(request.MessageExpiryMicros, request.MaxTopicSizeBytes, (byte)request.Compression, request.ReplicationFactor);
            ClassicReplies.NewTopicDetails(await topics.CreateAsync(session, request.Stream, request.Name, settings, request.PartitionsCount)).Write(reply);
        });
        table.Map<UpdateTopicRequest>((session, request, _) => topics.UpdateAsync(session, request.Stream, request.Topic, request.Name,
            new TopicSettings(request.MessageExpiryMicros, request.MaxTopicSizeBytes, (byte)request.Compression, request.ReplicationFactor)));
        table.Map<DeleteTopicRequest>((session, request, _) => topics.DeleteAsync(session, request.Stream, request.Topic));
        table.Map<PurgeTopicRequest>((session, request, _) => topics.PurgeAsync(session, request.Stream, request.Topic));
        table.Map<CreatePartitionsRequest>((session, request, _) => topics.AddPartitionsAsync(session, request.Stream, request.Topic, request.PartitionsCount));
        table.Map<DeletePartitionsRequest>((session, request, _) => topics.RemovePartitionsAsync(session, request.Stream, request.Topic, request.PartitionsCount));
        table.Map<DeleteSegmentsRequest>((session, request, _) => topics.DeleteSegmentsAsync(session, request.Stream, request.Topic, request.PartitionId, request.SegmentsCount));
    }
}
