using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Orleans.Concurrency;

namespace Iggy.Grains.Interfaces.Streams;

/// <summary>All streams of the server by id and by name; the one place where stream ids are given. Key: 0.</summary>
[Alias("iggy.IStreamDirectoryGrain")]
public interface IStreamDirectoryGrain : IGrainWithIntegerKey
{
    /// <summary>All streams, by ascending id; never waits behind a change.</summary>
    [Alias("List"), AlwaysInterleave]
    ValueTask<ImmutableArray<StreamEntry>> ListAsync();

    /// <summary>Makes a stream under the lowest free id.</summary>
    /// <param name="name">1 to 255 bytes of UTF-8, checked by the caller; kept exactly.</param>
    /// <exception cref="RefusedException"><see cref="Refusal.StreamNameTaken"/>, <see cref="Refusal.TooManyStreams"/>.</exception>
    [Alias("Create")]
    ValueTask<StreamEntry> CreateAsync(string name);

    /// <summary>As the other, with a key of its own.</summary>
    /// <param name="name">As there.</param>
    /// <param name="key">32 bytes that its messages are encrypted with.</param>
    /// <exception cref="RefusedException">As there; <see cref="Refusal.StreamKeyUnavailable"/>.</exception>
    [Alias("CreateWithKey")]
    ValueTask<StreamEntry> CreateWithKeyAsync(string name, byte[] key);

    /// <summary>Encrypts the keys of streams with the server's present key, where they are encrypted with another. The server asks for it once at its start.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.StorageFailed"/>.</exception>
    [Alias("RenewKeys")]
    ValueTask RenewKeysAsync();

    /// <summary>Gives a stream another name; its own name is accepted and changes nothing.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.StreamNotFound"/>, <see cref="Refusal.StreamNameTaken"/>.</exception>
    [Alias("Rename")]
    ValueTask RenameAsync(Guid stream, string name);

    /// <summary>Removes a stream with its topics, messages and offsets. The id is free again once this returns; a crash
    /// in between finishes the removal at the next start.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.StreamNotFound"/>.</exception>
    [Alias("Delete")]
    ValueTask DeleteAsync(Guid stream);
}

/// <summary>A stream as the directory knows it.</summary>
/// <param name="Id">What clients see, from 0; given again after a delete.</param>
/// <param name="Incarnation">What grains and folders are keyed by; never given again.</param>
/// <param name="Name">1 to 255 bytes of UTF-8.</param>
/// <param name="CreatedAtMicros">Since the Unix epoch.</param>
/// <param name="Key">Its own key, encrypted; null where it has none.</param>
[GenerateSerializer, Immutable, Alias("iggy.StreamEntry")]
public readonly record struct StreamEntry(
    [property: Id(0)] uint Id,
    [property: Id(1)] Guid Incarnation,
    [property: Id(2)] string Name,
    [property: Id(3)] ulong CreatedAtMicros,
    [property: Id(4), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] StreamKey? Key = null);

/// <summary>The key of a stream, of use to nobody without the server's.</summary>
/// <param name="Wrapped">Encrypted with a key of the server.</param>
/// <param name="Fingerprint">Tells it from others.</param>
/// <param name="ServerFingerprint">Tells the server's key from others.</param>
[GenerateSerializer, Immutable, Alias("iggy.StreamKey")]
public sealed record StreamKey(
    [property: Id(0)] string Wrapped,
    [property: Id(1)] string Fingerprint,
    [property: Id(2)] string ServerFingerprint);
