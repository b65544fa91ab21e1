namespace Iggy.Protocol.Classic;

/// <summary>Asks for one client. Reply: <see cref="ClientDetails"/>, or nothing when it is missing.</summary>
/// <param name="ClientId">Not 0; see <see cref="Validate"/>.</param>
public readonly record struct GetClientRequest(uint ClientId) : IWireRequest<GetClientRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.GetClient;

    /// <inheritdoc/>
    public static GetClientRequest Read(ref WireReader reader) => new(reader.U32());

    /// <inheritdoc/>
    public void Write(WireWriter writer) => writer.U32(ClientId);

    /// <summary>What is judged only after the login check: the id.</summary>
    /// <returns><see cref="IggyError.InvalidClientId"/> or <see cref="IggyError.None"/>.</returns>
    public IggyError Validate() => ClientId == 0 ? IggyError.InvalidClientId : IggyError.None;
}
