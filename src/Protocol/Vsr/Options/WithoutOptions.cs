namespace Iggy.Protocol.Vsr;

/// <summary>A classic request that may have options after it here, but knows none: streams and users.</summary>
/// <typeparam name="TRequest">The request.</typeparam>
/// <param name="Request">The request.</param>
#pragma warning disable CA1000 // the interface asks for them; callers only name the type as an argument
public readonly record struct WithoutOptions<TRequest>(TRequest Request) : IWireRequest<WithoutOptions<TRequest>> where TRequest : IWireRequest<TRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => TRequest.Code;

    /// <summary>Reads the request. Any option after it is <see cref="IggyError.UnsupportedOptionKey"/>.</summary>
    public static WithoutOptions<TRequest> Read(ref WireReader reader)
    {
        var request = TRequest.Read(ref reader);
        reader.Fail(OptionsBlock.CheckEmpty(reader.Rest()));
        return new(request);
    }

    /// <inheritdoc/>
    public void Write(WireWriter writer) => Request.Write(writer);
}
#pragma warning restore CA1000
