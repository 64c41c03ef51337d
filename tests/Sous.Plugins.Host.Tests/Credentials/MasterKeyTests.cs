using Microsoft.Extensions.Configuration;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Storage;

namespace Sous.Plugins.Host.Tests.Credentials;

public sealed class MasterKeyTests : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("AAAA", "has 3 bytes; 32 are needed")]
    [InlineData("not base64!", "is not base64")]
    public void A_key_that_is_none_is_refused_by_name_and_not_shown(string text, string because)
    {
        var refusal = Assert.Throws<BootGateException>(() => Find(Vault.Settings(value: text)));
        Assert.Contains(because, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("SOUS_MasterKey", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(text, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_file_is_read_when_its_owner_alone_can_read_it()
    {
        var file = _folder.File("key");
        var settings = Vault.Settings("MasterKeyFile", file);
        Assert.Contains("cannot be read", Assert.Throws<BootGateException>(() => Find(settings)).Message, StringComparison.Ordinal);

        File.WriteAllText(file, Vault.Key + "\n");
        File.SetUnixFileMode(file, Owner | UnixFileMode.GroupRead);
        Assert.Contains("others than its owner", Assert.Throws<BootGateException>(() => Find(settings)).Message, StringComparison.Ordinal);

        File.SetUnixFileMode(file, Owner);
        Assert.Equal(MasterKeySource.File, Find(settings)?.Source);
        Assert.Equal(Find(Vault.Settings())?.Id, Find(settings)?.Id);
    }

    [Fact]
    public void Two_keys_at_once_are_refused()
    {
        var both = new ConfigurationBuilder().AddInMemoryCollection([new("MasterKey", Vault.Key), new("MasterKeyFile", "/x")]).Build();
        Assert.Throws<BootGateException>(() => Find(both));
    }

    [Fact]
    public async Task Without_a_key_one_is_generated_kept_and_found_again()
    {
        var none = new ConfigurationBuilder().Build();
        string id;
        await using (var vault = await Vault.StartAsync(_folder, none))
        {
            id = vault.Report.MasterKey.Id;
            Assert.Equal(MasterKeySource.Generated, vault.Report.MasterKey.Source);
            Assert.Contains("good for loopback only", Assert.Single(vault.Report.Warnings), StringComparison.Ordinal);
            Assert.Equal(Owner, File.GetUnixFileMode(_folder.File("master-key")));
        }

        await using var again = await Vault.StartAsync(_folder, none);
        Assert.Equal(id, again.Report.MasterKey.Id);
    }

    [Theory]
    [InlineData("http://localhost:5080", true)]
    [InlineData("http://127.0.0.1:5080", true)]
    [InlineData("https://[::1]:5080/base", true)]
    [InlineData("http://unix:/run/sous.sock", true)]
    [InlineData("http://0.0.0.0:5080", false)]
    [InlineData("http://*:5080", false)]
    [InlineData("http://[::]:5080", false)]
    [InlineData("https://sous.example", false)]
    [InlineData("http://localhost.example", false)]
    [InlineData("http://127.0.0.1.example", false)]
    [InlineData("nonsense", false)]
    public void A_generated_key_serves_loopback_alone(string address, bool allowed)
    {
        using var folder = DataFolder.Open(_folder.Path);
        Assert.Equal(allowed, new GeneratedKeyFile(folder).Make().RefusalFor(["http://localhost:1", address]) is null);
        Assert.Null(Find(Vault.Settings())?.RefusalFor([address]));
    }

    public void Dispose() => _folder.Dispose();

    private MasterKey? Find(IConfiguration settings)
    {
        using var folder = DataFolder.Open(_folder.Path);
        return MasterKey.Find(settings, folder, null);
    }
}
