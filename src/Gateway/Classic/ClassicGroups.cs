using Iggy.Gateway.Commands;
using Iggy.Protocol.Classic;

namespace Iggy.Gateway.Classic;

/// <summary>Consumer groups in the classic dialect.</summary>
internal sealed class ClassicGroups(ConsumerGroupCommands groups)
{
    /// <summary>Enters the commands.</summary>
    public void AddTo(ClassicCommandTable table)
    {
        table.Map<GetConsumerGroupRequest>(async (_, request, reply) =>
        {
            if (await groups.FindAsync(request.Stream, request.Topic, request.Group) is { } group)
                ClassicReplies.GroupDetails(group).Write(reply);
        });
        table.Map<GetConsumerGroupsRequest>(async (_, request, reply) =>
        {
            foreach (var group in await groups.ListAsync(request.Stream, request.Topic) ?? [])
                ClassicReplies.Group(group).Write(reply);
        });
        table.Map<CreateConsumerGroupRequest>(async (_, request, reply) =>
            ClassicReplies.Group(await groups.CreateAsync(request.Stream, request.Topic, request.Name)).Write(reply));
        table.Map<DeleteConsumerGroupRequest>((_, request, _) => groups.DeleteAsync(request.Stream, request.Topic, request.Group));
        table.Map<JoinConsumerGroupRequest>((session, request, _) => groups.JoinAsync(session, request.Stream, request.Topic, request.Group));
        table.Map<LeaveConsumerGroupRequest>((session, request, _) => groups.LeaveAsync(session, request.Stream, request.Topic, request.Group));
    }
}
