using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Http.Groups;
using Iggy.Gateway.Routing;
using Iggy.Protocol;
using Microsoft.AspNetCore.Http;

namespace Iggy.Gateway.Http.Routes;

/// <summary>Consumer groups, and the membership of the caller's session in them.</summary>
internal sealed class GroupRoutes(ConsumerGroupCommands groups, GroupReads reads) : IApiRoutes
{
    private const int Stream = 1, Topic = 3, Group = 5; // segments of the path
    private const string All = "/streams/{stream}/topics/{topic}/consumer-groups", One = All + "/{group}", Membership = One + "/membership";

    public string Tag => "Consumer groups";

    public void AddTo(ApiRoutes routes)
    {
        routes.Get(All, "Lists the consumer groups of a topic.", ListAsync, typeof(GroupReply[]));
        routes.Post(All, "Makes a consumer group.", CreateAsync, typeof(NameBody), typeof(GroupDetailsReply), StatusCodes.Status201Created);
        routes.Get(One, "Shows a consumer group with its members.", GetAsync, typeof(GroupDetailsReply));
        routes.Delete(One, "Removes a consumer group with its stored offsets.", DeleteAsync);
        routes.Add(new ApiRoute(HttpMethods.Put, Membership, "Makes the caller's session a member.", JoinAsync) { Status = StatusCodes.Status204NoContent, Headers = [HttpSessions.Header] });
        routes.Add(new ApiRoute(HttpMethods.Delete, Membership, "Ends the membership of the caller's session.", LeaveAsync) { Status = StatusCodes.Status204NoContent, Headers = [HttpSessions.Header] });
    }

    private async Task ListAsync(HttpCall call)
    {
        var list = await groups.GetAllAsync(call.Session, call.Identifier(Stream), call.Identifier(Topic));
        await call.AnswerAsync([.. list.Select(Reply)], ApiJson.Wire.GroupReplyArray);
    }

    private async Task GetAsync(HttpCall call) =>
        await call.AnswerAsync(Details(await groups.GetAsync(call.Session, call.Identifier(Stream), call.Identifier(Topic), call.Identifier(Group))), ApiJson.Wire.GroupDetailsReply);

    private async Task CreateAsync(HttpCall call)
    {
        var body = await call.ReadAsync(ApiJson.Wire.NameBody);
        var (stream, topic) = (call.Identifier(Stream), call.Identifier(Topic));
        if (!HttpValues.IsName(body.Name))
            throw new CommandRefusedException(IggyError.InvalidConsumerGroupName);
        var group = await groups.CreateAsync(call.Session, stream, topic, body.Name);
        await call.AnswerAsync(Details(group), ApiJson.Wire.GroupDetailsReply, StatusCodes.Status201Created);
    }

    private Task DeleteAsync(HttpCall call) => call.DoneAsync(groups.DeleteAsync(call.Session, call.Identifier(Stream), call.Identifier(Topic), call.Identifier(Group)));

    private Task JoinAsync(HttpCall call) => call.DoneAsync(reads.JoinAsync(call, TopicAddress.Of(call.Identifier(Stream), call.Identifier(Topic)), call.Identifier(Group)));

    private Task LeaveAsync(HttpCall call) => call.DoneAsync(reads.LeaveAsync(call, TopicAddress.Of(call.Identifier(Stream), call.Identifier(Topic)), call.Identifier(Group)));

    private static GroupReply Reply(GroupView view) => new(view.Group.Id, view.Group.Name, view.PartitionsCount, (uint)view.Members.Length);

    private static GroupDetailsReply Details(GroupView view) => new(
        view.Group.Id, view.Group.Name, view.PartitionsCount, (uint)view.Members.Length,
        [.. view.Members.Select(static member => new GroupMemberReply(member.Id, (uint)member.Partitions.Length, [.. member.Partitions]))]);
}
