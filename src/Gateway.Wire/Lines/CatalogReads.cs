using Iggy.Gateway.Commands;
using Iggy.Gateway.Wire.Frames;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Gateway.Wire.Lines;

/// <summary>What clients of every line read of streams, topics, users and the server: the requests are the same, the replies lie as the line has them.</summary>
internal sealed class CatalogReads(SystemCommands system, StreamCommands streams, TopicCommands topics, UserCommands users)
{
    /// <summary>Enters the commands of a line.</summary>
    public void AddTo(CommandTable table, ICatalogLayout layout)
    {
        table.Map(CommandCode.GetStats, async (session, reply) =>
            layout.Stats(system.HostFigures(session), await system.TotalsAsync(session), await system.CountClientsAsync(), reply));
        table.Map<GetStreamRequest>(async (session, request, reply) =>
        {
            if (await streams.FindAsync(session, request.Stream) is { } stream)
                layout.StreamDetails(stream, reply);
        });
        table.Map(CommandCode.GetStreams, async (session, reply) =>
        {
            foreach (var stream in await streams.ListAsync(session))
                layout.Stream(stream, reply);
        });
        table.Map<GetTopicRequest>(async (session, request, reply) =>
        {
            if (await topics.FindAsync(session, request.Stream, request.Topic) is { } topic)
                layout.TopicDetails(topic, reply);
        });
        table.Map<GetTopicsRequest>(async (session, request, reply) => layout.Topics(await topics.ListAsync(session, request.Stream) ?? [], reply));
        table.Map<GetUserRequest>(async (session, request, reply) =>
        {
            if (await users.FindAsync(session, request.User) is { } user)
                layout.UserDetails(user, reply);
        });
        table.Map(CommandCode.GetUsers, async (session, reply) =>
        {
            foreach (var user in await users.ListAsync(session))
                layout.User(user, reply);
        });
    }
}
