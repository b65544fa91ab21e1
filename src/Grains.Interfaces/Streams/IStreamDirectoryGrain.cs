using System.Collections.Immutable;
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
[GenerateSerializer, Immutable, Alias("iggy.StreamEntry")]
public readonly record struct StreamEntry(
    [property: Id(0)] uint Id,
    [property: Id(1)] Guid Incarnation,
    [property: Id(2)] string Name,
    [property: Id(3)] ulong CreatedAtMicros);
