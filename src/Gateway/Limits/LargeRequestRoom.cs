using Iggy.Gateway.Sessions;

namespace Iggy.Gateway.Limits;

/// <summary>The part of one connection in the memory of large requests: none, or the room of the request that it is in.</summary>
/// <remarks>Nobody waits for room while holding some, so those who wait always get their turn.</remarks>
internal sealed class LargeRequestRoom(RequestGates gates, Session session)
{
    private HeldRoom _room;

    /// <summary>Waits until there is room for a request, instead of what was held before.</summary>
    public async ValueTask EnterAsync(int bytes)
    {
        if (_room.Bytes < bytes) // else what the frame before it needed is enough
        {
            Leave();
            _room = await gates.EnterAsync(session, bytes);
        }
        session.Activity.StartLargeRequest();
    }

    /// <summary>The request is there, or will not come: from here on the client cannot be late with it.</summary>
    public void MarkReceived() => session.Activity.EndLargeRequest();

    /// <summary>Gives back what is held, if anything.</summary>
    public void Leave()
    {
        _room.Leave();
        _room = default;
    }
}
