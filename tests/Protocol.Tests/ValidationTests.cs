using Iggy.Protocol.Classic;

namespace Iggy.Protocol.Tests;

/// <summary>What a decoder lets through because the login check comes first, and what the command then says to it.</summary>
public class ValidationTests
{
    private static readonly Identifier Id = new(1);

    [Theory]
    [InlineData(1000, 1, IggyError.None)]
    [InlineData(0, 2, IggyError.None)]
    [InlineData(1001, 1, IggyError.TooManyPartitions)]
    [InlineData(1001, 0, IggyError.TooManyPartitions)] // wins over the compression
    [InlineData(1, 0, IggyError.InvalidCommand)]
    [InlineData(1, 3, IggyError.InvalidCommand)]
    public void CreateTopic_Judged_InOrder(uint partitions, byte compression, IggyError expected)
    {
        var sent = new CreateTopicRequest(Id, partitions, (CompressionAlgorithm)compression, 0, 0, 0, "t");
        Assert.Equal(IggyError.None, CreateTopicRequest.TryRead(Bytes.Of(sent), out var request));
        Assert.Equal(expected, request.Validate());
    }

    [Theory]
    [InlineData(2, IggyError.None)]
    [InlineData(3, IggyError.InvalidCommand)]
    public void UpdateTopic_Compression_IsJudged(byte compression, IggyError expected)
    {
        var sent = new UpdateTopicRequest(Id, Id, (CompressionAlgorithm)compression, 0, 0, 0, "t");
        Assert.Equal(IggyError.None, UpdateTopicRequest.TryRead(Bytes.Of(sent), out var request));
        Assert.Equal(expected, request.Validate());
    }

    [Theory]
    [InlineData(0, IggyError.TooManyPartitions, IggyError.TooManyPartitions)]
    [InlineData(1, IggyError.None, IggyError.None)]
    [InlineData(1000, IggyError.None, IggyError.None)]
    [InlineData(1001, IggyError.TooManyPartitions, IggyError.None)]
    public void Partitions_Number_IsJudged(uint count, IggyError created, IggyError deleted)
    {
        Assert.Equal(created, new CreatePartitionsRequest(Id, Id, count).Validate());
        Assert.Equal(deleted, new DeletePartitionsRequest(Id, Id, count).Validate());
    }

    [Theory]
    [InlineData("bob", "123", 1, IggyError.None)]
    [InlineData("bo", "12", 9, IggyError.InvalidUsername)]
    [InlineData("bob", "12", 9, IggyError.InvalidPassword)]
    [InlineData("bob", "", 1, IggyError.InvalidPassword)]
    [InlineData("bob", "123", 0, IggyError.InvalidCommand)]
    [InlineData("żż", "123", 1, IggyError.None)] // four bytes
    public void CreateUser_Judged_InOrder(string username, string password, byte status, IggyError expected)
    {
        var sent = new CreateUserRequest(username, password, (UserStatus)status, null);
        Assert.Equal(IggyError.None, CreateUserRequest.TryRead(Bytes.Of(sent), out var request));
        Assert.Equal(expected, request.Validate());
    }

    [Theory]
    [InlineData(50, IggyError.None)]
    [InlineData(51, IggyError.InvalidUsername)]
    public void Username_Length_IsBounded(int length, IggyError expected)
    {
        var username = new string('u', length);
        Assert.Equal(expected, new LoginUserRequest(username, "secret", "", "").Validate());
        Assert.Equal(expected, new UpdateUserRequest(Id, username, null).Validate());
    }

    [Theory]
    [InlineData(100, IggyError.None)]
    [InlineData(101, IggyError.InvalidPassword)]
    [InlineData(2, IggyError.InvalidPassword)]
    public void Password_Length_IsBounded(int length, IggyError expected)
    {
        var password = new string('p', length);
        Assert.Equal(expected, new LoginUserRequest("iggy", password, "", "").Validate());
        Assert.Equal(expected, new ChangePasswordRequest(Id, password, "secret").Validate());
        Assert.Equal(expected, new ChangePasswordRequest(Id, "secret", password).Validate());
    }

    [Fact]
    public void UpdateUser_WithoutFields_IsSound() => Assert.Equal(IggyError.None, new UpdateUserRequest(Id, null, null).Validate());

    [Fact]
    public void UpdateUser_UnknownStatus_IsRefused() => Assert.Equal(IggyError.InvalidCommand, new UpdateUserRequest(Id, null, (UserStatus)3).Validate());

    [Theory]
    [InlineData("ab", IggyError.InvalidPersonalAccessTokenName)]
    [InlineData("abc", IggyError.None)]
    [InlineData("1234567890123456789012345678901", IggyError.InvalidPersonalAccessTokenName)]
    public void TokenName_Length_IsBounded(string name, IggyError expected) =>
        Assert.Equal(expected, new CreatePersonalAccessTokenRequest(name, 0).Validate());

    [Theory]
    [InlineData("02 01 64", IggyError.None)] // all, alone
    [InlineData("01 02 01 04", IggyError.None)]
    [InlineData("01 00", IggyError.None)]
    [InlineData("01 02 01 64", IggyError.InvalidCommand)] // all, with another
    [InlineData("00 00", IggyError.InvalidCommand)]
    [InlineData("07 00", IggyError.InvalidCommand)]
    [InlineData("01 01 07", IggyError.InvalidCommand)]
    public void Snapshot_Codes_AreJudged(string hex, IggyError expected)
    {
        Assert.Equal(IggyError.None, GetSnapshotRequest.TryRead(Bytes.Hex(hex), out var request));
        Assert.Equal(expected, request.Validate());
    }

    [Fact]
    public void GetClient_Zero_IsRefused() => Assert.Equal(IggyError.InvalidClientId, new GetClientRequest(0).Validate());

    // Goal: a request that ends up in a log gives nothing away.
    [Fact]
    public void ToString_OfSecrets_HidesThem()
    {
        object[] secrets =
        [
            new LoginUserRequest("iggy", "hunter2", "", ""), new CreateUserRequest("iggy", "hunter2", UserStatus.Active, null),
            new ChangePasswordRequest(Id, "hunter2", "hunter2"), new LoginWithPersonalAccessTokenRequest("hunter2"), new NewTokenReply("hunter2"),
        ];
        Assert.All(secrets, secret => Assert.DoesNotContain("hunter2", secret.ToString(), StringComparison.Ordinal));
    }
}
