using System.Collections.Immutable;
using Iggy.Protocol.Vsr;

namespace Iggy.Protocol.Vsr12;

/// <summary>What stands behind streams, topics and users in replies: the options that were set, and what holds for the others.</summary>
/// <param name="Explicit">Options that a client has set.</param>
/// <param name="Derived">What holds for the others.</param>
public readonly record struct OptionSets(ImmutableArray<WireOption> Explicit, ImmutableArray<WireOption> Derived) : IWireValue<OptionSets>
{
    /// <summary>Two empty blocks.</summary>
    internal const int MinSizeInBytes = 2 * sizeof(uint);

    /// <summary>No options.</summary>
    public static OptionSets None { get; } = new([], []);

    /// <inheritdoc/>
    public static OptionSets Read(ref WireReader reader) => new(OptionsBlock.ReadPrefixed(ref reader), OptionsBlock.ReadPrefixed(ref reader));

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        OptionsBlock.WritePrefixed(writer, Explicit);
        OptionsBlock.WritePrefixed(writer, Derived);
    }

    /// <inheritdoc/>
    public bool Equals(OptionSets other) => OptionsBlock.AreEqual(Explicit, other.Explicit) && OptionsBlock.AreEqual(Derived, other.Derived);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Explicit.Length, Derived.Length);
}
