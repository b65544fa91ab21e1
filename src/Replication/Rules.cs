namespace Iggy.Replication;

/// <summary>The rules that the protocol stands on, one by one. A test breaks each and must see the simulation fail; nothing else may.</summary>
internal sealed record Rules
{
    private const string WithoutMajoritySwitch = "Iggy.Replication.WithoutMajority"; // for tests of whole servers, which must see it fail; no setting reaches it

    /// <summary>The protocol as it is.</summary>
    public static Rules Protocol { get; } = new() { AwaitMajority = !(AppContext.TryGetSwitch(WithoutMajoritySwitch, out var isOff) && isOff) };

    /// <summary>What is committed is on a majority.</summary>
    public bool AwaitMajority { get; init; } = true;

    /// <summary>A new leader first has a majority promise its epoch.</summary>
    public bool FenceFirst { get; init; } = true;

    /// <summary>Who may have lost the end of its log does not count in a takeover.</summary>
    public bool DistrustSuspects { get; init; } = true;

    /// <summary>The best log is the one of the newest leader, not the one with the newest message.</summary>
    public bool RankByLogEpoch { get; init; } = true;

    /// <summary>A follower belongs to its leader's epoch once it has all that the leader began with.</summary>
    public bool AwaitStart { get; init; } = true;

    /// <summary>A suspect is trusted again once it has all that the leader had when they began to talk.</summary>
    public bool AwaitTrust { get; init; } = true;

    /// <summary>A follower cuts only for the answer to its present question.</summary>
    public bool CheckNonce { get; init; } = true;

    /// <summary>While nobody knows which voters count, a majority of both sets is needed; else the new ones would count alone from the proposal on.</summary>
    public bool BothMajorities { get; init; } = true;

    /// <summary>Voters change only while a majority of the present ones has everything that is committed.</summary>
    public bool CoverFirst { get; init; } = true;
}
