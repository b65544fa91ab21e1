using Grpc.Core;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Grpc.Calls;
using Iggy.Protocol;
using Iggy.V1;

namespace Iggy.Gateway.Grpc.Admin;

// Consumer groups. Members join by subscribing.
internal sealed partial class AdminService
{
    public override async Task<ListGroupsResponse> ListGroups(ListGroupsRequest request, ServerCallContext context) =>
        new() { Groups = { (await groups.GetAllAsync(Caller(context), Names.Identifier(request.Stream), Names.Identifier(request.Topic))).Select(ToGroup) } };

    public override async Task<CreateGroupResponse> CreateGroup(CreateGroupRequest request, ServerCallContext context)
    {
        Demand(request.Name, IggyError.InvalidConsumerGroupName);
        return new CreateGroupResponse { Group = ToGroup(await groups.CreateAsync(Caller(context), Names.Identifier(request.Stream), Names.Identifier(request.Topic), request.Name)) };
    }

    public override async Task<GetGroupResponse> GetGroup(GetGroupRequest request, ServerCallContext context)
    {
        var view = await groups.GetAsync(Caller(context), Names.Identifier(request.Stream), Names.Identifier(request.Topic), Names.Identifier(request.Group));
        return new GetGroupResponse { Group = ToGroup(view), Members = { view.Members.Select(static member => new GroupMember { Id = member.Id, PartitionIds = { member.Partitions } }) } };
    }

    public override async Task<DeleteGroupResponse> DeleteGroup(DeleteGroupRequest request, ServerCallContext context)
    {
        await groups.DeleteAsync(Caller(context), Names.Identifier(request.Stream), Names.Identifier(request.Topic), Names.Identifier(request.Group));
        return new DeleteGroupResponse();
    }

    private static Group ToGroup(GroupView view) => new()
    {
        Id = view.Group.Id, Name = view.Group.Name, PartitionsCount = view.PartitionsCount, MembersCount = (uint)view.Members.Length,
    };
}
