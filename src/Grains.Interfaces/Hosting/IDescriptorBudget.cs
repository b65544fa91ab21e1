namespace Iggy.Grains.Interfaces.Hosting;

/// <summary>Files and sockets that may be open at once. Whoever opens one takes it first and returns it after the closing.</summary>
/// <remarks>At the limit of the process nothing works that needs a descriptor, the runtime's own threads included, so what is served must be kept
/// below it. Any thread may call.</remarks>
public interface IDescriptorBudget
{
    /// <summary>The most that may be taken.</summary>
    long Limit { get; }

    /// <summary>Taken and not returned.</summary>
    long InUse { get; }

    /// <summary>Takes so many, all or none.</summary>
    /// <param name="count">1 or more.</param>
    /// <returns>False when there is no room: wait until something was returned, or close something.</returns>
    bool TryTake(int count);

    /// <summary>Gives back what was taken.</summary>
    void Return(int count);
}
