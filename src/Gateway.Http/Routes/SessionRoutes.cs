using Iggy.Gateway.Http.Groups;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces;
using Microsoft.AspNetCore.Http;

namespace Iggy.Gateway.Http.Routes;

/// <summary>The session that the caller reads with for consumer groups.</summary>
internal sealed class SessionRoutes(HttpSessions sessions, GroupMemberships memberships) : IApiRoutes
{
    private const string Path = "/session";

    public string Tag => "Sessions";

    public void AddTo(ApiRoutes routes)
    {
        routes.Add(new ApiRoute(HttpMethods.Get, Path, "Shows the caller's session with the partitions that it reads; also a sign of life.", GetAsync)
        {
            Reply = typeof(SessionReply), Headers = [HttpSessions.Header],
        });
        routes.Add(new ApiRoute(HttpMethods.Delete, Path, "Ends the caller's session, which leaves its consumer groups.", EndAsync)
        {
            Status = StatusCodes.Status204NoContent, Headers = [HttpSessions.Header],
        });
    }

    private async Task GetAsync(HttpCall call)
    {
        if (sessions.Find(call) is not { } session)
        {
            await call.NothingAsync();
            return;
        }

        var groups = new List<SessionGroupReply>();
        foreach (var membership in session.Groups.All)
        {
            try
            {
                var reading = await memberships.ReadAsync(session, membership);
                groups.Add(new SessionGroupReply(membership.StreamId, membership.TopicId, membership.GroupId, membership.GroupId, [.. reading.Staying.Select(static partition => partition.Id)]));
            }
            catch (RefusedException gone) when (gone.Reason is Refusal.ConsumerGroupNotFound)
            {
                continue; // the group was removed meanwhile
            }
        }
        await call.AnswerAsync(new SessionReply(HttpSessions.Given(call), (ulong)sessions.Timeout.TotalMicroseconds, [.. groups]), ApiJson.Wire.SessionReply);
    }

    private Task EndAsync(HttpCall call) => call.DoneAsync(sessions.EndAsync(call));
}
