namespace Iggy.Gateway.Errors;

/// <summary>Failures of a call that mean that the server of the grain is gone or going: it may be tried again.</summary>
internal static class Unreachable
{
    /// <summary>Whether a failure is one. What the call did is not known.</summary>
    public static bool Is(Exception failure) => failure is TimeoutException or SiloUnavailableException or OrleansMessageRejectionException;
}
