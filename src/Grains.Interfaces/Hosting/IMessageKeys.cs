namespace Iggy.Grains.Interfaces.Hosting;

/// <summary>The key that messages are kept under where their stream has none of its own.</summary>
public interface IMessageKeys
{
    /// <summary>Tells it from others and gives nothing of it away; null where they are kept in the clear.</summary>
    string? ServerFingerprint { get; }
}
