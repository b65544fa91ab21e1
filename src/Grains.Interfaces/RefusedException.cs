namespace Iggy.Grains.Interfaces;

/// <summary>A grain said no on the control path. The reason is for the gateway's table, the message for people.</summary>
/// <param name="reason">Never <see cref="Refusal.None"/>.</param>
/// <param name="message">What was refused, with the names and numbers that matter.</param>
[GenerateSerializer, Alias("iggy.RefusedException")]
public sealed class RefusedException(Refusal reason, string message) : Exception(message)
{
    /// <summary>Why.</summary>
    [Id(0)]
    public Refusal Reason { get; } = reason;
}
