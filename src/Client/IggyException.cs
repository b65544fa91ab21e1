using Iggy.Protocol;

namespace Iggy.Client;

/// <summary>The server refused a request, or its reply could not be read.</summary>
public class IggyException : Exception
{
    /// <summary>A refusal by the server.</summary>
    /// <param name="error">Its code.</param>
    /// <param name="message">What was asked for, for people.</param>
    /// <param name="innerException">Where it came from, if not from the server.</param>
    public IggyException(IggyError error, string message, Exception? innerException = null) : base(message, innerException) => Error = error;

    /// <summary>The code of the refusal; <see cref="IggyError.CannotDeserializeResource"/> for a reply that could not be read.</summary>
    public IggyError Error { get; }
}

/// <summary>There is no connection, or it broke while the request was under way.</summary>
public sealed class IggyConnectionException : IggyException
{
    /// <summary>A failed or broken connection.</summary>
    /// <param name="message">What happened, with the address.</param>
    /// <param name="isOutcomeUnknown">Whether the server may have carried the request out.</param>
    /// <param name="innerException">What the transport said.</param>
    public IggyConnectionException(string message, bool isOutcomeUnknown = false, Exception? innerException = null)
        : base(isOutcomeUnknown ? IggyError.Disconnected : IggyError.CannotEstablishConnection, message, innerException) =>
        IsOutcomeUnknown = isOutcomeUnknown;

    /// <summary>True when the request had been handed to the network: the server may or may not have carried it out. A send with this answer
    /// may be stored; sending it again may store it twice, unless the server drops known message ids. False when nothing was sent.</summary>
    public bool IsOutcomeUnknown { get; }
}
