namespace Iggy.Gateway.Sessions;

/// <summary>What a dialect keeps of the client behind a connection.</summary>
internal interface IClientBinding
{
    /// <summary>The connection is gone; does nothing when the client has moved to another one.</summary>
    /// <returns>Whether the places of the client in groups outlive the connection.</returns>
    bool Release(Session session);
}
