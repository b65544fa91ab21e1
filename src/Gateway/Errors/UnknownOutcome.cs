using Iggy.Grains.Interfaces;

namespace Iggy.Gateway.Errors;

/// <summary>Which failures of a call into a grain say nothing about what the grain did, or does yet.</summary>
internal static class UnknownOutcome
{
    /// <summary>Whether the grain may still be at work, so that neither its memory may change nor the caller hear that nothing was done.</summary>
    /// <param name="failure">What the call ended with. Only a refusal is an answer: a grain gives it when it is through.</param>
    public static bool Is(Exception failure) => failure is not (CommandRefusedException or RefusedException);
}
