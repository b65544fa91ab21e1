using Iggy.Protocol;

namespace Iggy.Gateway.Errors;

/// <summary>A command says no. Carries nothing but the code: that is all a client gets.</summary>
internal sealed class CommandRefusedException(IggyError error) : Exception($"Refused with {error} ({(uint)error}).")
{
    /// <summary>Never <see cref="IggyError.None"/>.</summary>
    public IggyError Error { get; } = error;

    /// <summary>Refuses, unless the code is <see cref="IggyError.None"/>.</summary>
    public static void ThrowIf(IggyError error)
    {
        if (error is not IggyError.None)
            throw new CommandRefusedException(error);
    }
}
