using Iggy.Gateway.Commands;
using Iggy.Gateway.Wire.Frames;
using Iggy.Protocol.Classic;

namespace Iggy.Gateway.Wire.Classic;

/// <summary>Consumer groups in the classic dialect.</summary>
internal sealed class ClassicGroups(ConsumerGroupCommands groups)
{
    /// <summary>Enters the commands.</summary>
    public void AddTo(CommandTable table)
    {
        table.Map<GetConsumerGroupRequest>(async (session, request, reply) =>
        {
            if (await groups.FindAsync(session, request.Stream, request.Topic, request.Group) is { } group)
                ClassicReplies.GroupDetails(group).Write(reply);
        });
        table.Map<GetConsumerGroupsRequest>(async (session, request, reply) =>
        {
            foreach (var group in await groups.ListAsync(session, request.Stream, request.Topic) ?? [])
                ClassicReplies.Group(group).Write(reply);
        });
        table.Map<CreateConsumerGroupRequest>(async (session, request, reply) =>
            ClassicReplies.Group(await groups.CreateAsync(session, request.Stream, request.Topic, request.Name)).Write(reply));
        table.Map<DeleteConsumerGroupRequest>((session, request, _) => groups.DeleteAsync(session, request.Stream, request.Topic, request.Group));
        table.Map<JoinConsumerGroupRequest>((session, request, _) => groups.JoinAsync(session, request.Stream, request.Topic, request.Group));
        table.Map<LeaveConsumerGroupRequest>((session, request, _) => groups.LeaveAsync(session, request.Stream, request.Topic, request.Group));
    }
}
