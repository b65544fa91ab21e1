namespace Iggy.Archive.Stores;

/// <summary>An object in a store.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Bytes">How many.</param>
/// <param name="Written">When, by the store's clock.</param>
public readonly record struct StoredObject(string Key, long Bytes, DateTimeOffset Written);

/// <summary>What an archive needs of a store of objects. All calls may be made at the same time.</summary>
/// <remarks>All fail with <see cref="ArchiveStoreException"/>, whose message is one line for people, after the attempts that make sense.</remarks>
public interface IArchiveStore : IDisposable
{
    /// <summary>Writes an object that is not there yet.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="body">Its bytes.</param>
    /// <param name="cancellationToken">Gives up; unknown whether it was written.</param>
    /// <returns>False when there was one; it is as it was.</returns>
    Task<bool> PutIfAbsentAsync(string key, ObjectBody body, CancellationToken cancellationToken);

    /// <summary>Reads bytes of an object to the end of a stream.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="at">Where to begin.</param>
    /// <param name="bytes">How many; they must be there.</param>
    /// <param name="into">Gets them; it can seek, and is set back when an attempt fails on the way.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task ReadAsync(string key, long at, long bytes, Stream into, CancellationToken cancellationToken);

    /// <summary>Objects whose keys begin with a text, in the order of keys.</summary>
    /// <param name="prefix">The beginning.</param>
    /// <param name="after">Only those behind this key; null for all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    IAsyncEnumerable<StoredObject> ListAsync(string prefix, string? after, CancellationToken cancellationToken);

    /// <summary>Deletes objects; those that are not there do not matter.</summary>
    Task DeleteAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken);
}

/// <summary>The store refused or did not answer. The message is one line for people, without secrets.</summary>
/// <param name="message">What was wrong.</param>
/// <param name="isPassing">Whether the same call may work a little later.</param>
/// <param name="inner">What the client said.</param>
public sealed class ArchiveStoreException(string message, bool isPassing, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether the same call may work a little later.</summary>
    public bool IsPassing => isPassing;
}
