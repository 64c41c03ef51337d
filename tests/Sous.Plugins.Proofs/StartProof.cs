using System.Net;
using System.Net.Sockets;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs;

/// <summary>What forbids a start says so in one plain sentence, with its exit code, and loses nothing.</summary>
public sealed class StartProof : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("sous-start-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Theory]
    [InlineData("""{ "pluginsFolder": "artifacts/plugins", "plugins": [ { "id": "square", "path": "../elsewhere" } ] }""", "path")]
    [InlineData("""{ "pluginsFolder": "artifacts/plugins", "plugin": [] }""", "plugin")]
    [InlineData("{ not json", "not JSON")]
    public async Task A_wrong_plugins_file_is_named_and_nothing_is_written(string text, string named)
    {
        var file = Path.Combine(_data, "plugins.json");
        await File.WriteAllTextAsync(file, text, Token);

        var (exit, output) = await StartAsync(Path.Combine(_data, "data"), ["--plugins", file]);

        Assert.Equal(78, exit);
        Assert.Contains(file, output, StringComparison.Ordinal);
        Assert.Contains(named, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_data, "data")));
    }

    [Theory]
    [InlineData("PublicUrl", "http://")]
    [InlineData("PublicUrl", "http://sous.example")]
    [InlineData("TrustedProxies", "MISPLACED")]
    [InlineData("ConnectLimits:OpenSessions", "0")]
    [InlineData("ReturnAddresses:home", "not a url")]
    [InlineData("Clients:square:AuthUrl", "ftp://x")]
    [InlineData("Clients:square:ApiUrl", "https://user:MISPLACED@x")]
    [InlineData("Syncing:MaxConcurrentRuns", "MISPLACED")]
    [InlineData("Syncing:PageTimeout", "00:00:00")]
    [InlineData("LogLevel", "loud")]
    [InlineData("Plugins", "")]
    public async Task A_wrong_setting_is_named_in_one_sentence_and_nothing_is_written(string setting, string value)
    {
        var data = Path.Combine(_data, "data");

        var (exit, output) = await StartAsync(data, [], Secrets(setting, value));

        Assert.Equal(78, exit);
        Assert.StartsWith($"SOUS_{setting.Replace(":", "__", StringComparison.Ordinal)} ", output, StringComparison.Ordinal);
        Assert.Single(output.Trim().Split('\n'));
        Assert.DoesNotContain("MISPLACED", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(data));
    }

    [Theory]
    [InlineData("""{ "PublicUrl": "MISPLACED" """, "it is not JSON, line 1.")]
    [InlineData("""{ "PublicUrl": "MISPLACED", "publicUrl": "MISPLACED" }""", "A duplicate key 'publicUrl' was found.")]
    public async Task A_settings_file_that_cannot_be_read_is_named_and_nothing_is_written(string text, string why)
    {
        var file = Path.Combine(_data, "appsettings.json");
        await File.WriteAllTextAsync(file, text, Token);

        var (exit, output) = await StartAsync(Path.Combine(_data, "data"), [], folder: _data);

        Assert.Equal(78, exit);
        Assert.Equal($"Failed to load configuration from file '{file}': {why}", output.Trim());
        Assert.False(Directory.Exists(Path.Combine(_data, "data")));
    }

    [Fact]
    public async Task An_address_that_cannot_be_listened_on_is_named_and_nothing_is_written()
    {
        await using var host = HostProcess.Start(new Uri("ftp://127.0.0.1:5080/"), Path.Combine(_data, "data"), Key(1));

        Assert.Equal(78, await host.WaitForExitAsync(Token));
        Assert.StartsWith("SOUS_Urls (or --urls) ", host.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_data, "data")));
    }

    [Fact]
    public async Task A_wrong_address_leaves_a_filled_data_folder_as_it_was()
    {
        await FillAsync(Key(1));
        var before = Hashes();

        var (exit, output) = await StartAsync(_data, [], new(Key(1)) { ["PublicUrl"] = "nonsense", ["Clients:square:ApiUrl"] = "http://" });

        Assert.Equal(78, exit);
        Assert.Equal(["SOUS_PublicUrl", "SOUS_Clients__square__ApiUrl"], output.Trim().Split('\n').Select(line => line.Split(' ')[0]));
        Assert.Equal(before, Hashes());
    }

    [Fact]
    public async Task A_port_in_use_is_named()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        await using var host = HostProcess.Start(new Uri($"http://127.0.0.1:{port}/"), _data, new Dictionary<string, string?>());
        var exit = await host.WaitForExitAsync(Token);

        Assert.Equal(1, exit);
        Assert.Contains(port.ToString(System.Globalization.CultureInfo.InvariantCulture), host.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", host.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_folder_of_another_master_key_is_refused_and_stays_as_it_was()
    {
        await FillAsync(Key(1));
        var before = Hashes();

        var (exit, output) = await StartAsync(_data, [], Key(2));

        Assert.Equal(78, exit);
        Assert.Contains("master key", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.Equal(before, Hashes());
        await FillAsync(Key(1));
    }

    [Theory]
    [InlineData("registry.db")]
    [InlineData("changes.db")]
    public async Task A_corrupt_store_is_named_and_stays_as_it_was(string name)
    {
        await FillAsync(Key(1));
        var file = Path.Combine(_data, name);
        var bytes = await File.ReadAllBytesAsync(file, Token);
        bytes.AsSpan(0, Math.Min(bytes.Length, 16_384)).Fill(0x5A);
        await File.WriteAllBytesAsync(file, bytes, Token);
        var before = Hashes();

        var (exit, output) = await StartAsync(_data, [], Key(1));

        Assert.Equal(78, exit);
        Assert.Contains(name, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.Equal(before, Hashes());
    }

    [Fact]
    public async Task A_second_host_on_the_same_data_folder_is_refused()
    {
        await using var first = HostProcess.Start(HostProcess.FreeAddress(), _data, Key(1));
        await first.ReadyAsync(Token);

        var (exit, output) = await StartAsync(_data, [], Key(1));

        Assert.Equal(78, exit);
        Assert.Contains("in use by another process", output, StringComparison.Ordinal);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Dictionary<string, string?> Key(byte fill) => new() { ["MasterKey"] = Convert.ToBase64String(Enumerable.Repeat(fill, 32).ToArray()) };

    private static Dictionary<string, string?> Secrets(string setting, string value) => new(Key(1)) { ["Clients:square:ClientSecret"] = "MISPLACED", [setting] = value };

    private async Task FillAsync(Dictionary<string, string?> configuration)
    {
        await using var host = HostProcess.Start(HostProcess.FreeAddress(), _data, configuration);
        await host.ReadyAsync(Token);
        Assert.Equal(0, await host.StopAsync(Token));
    }

    private static async Task<(int Exit, string Output)> StartAsync(
        string data, string[] arguments, Dictionary<string, string?>? configuration = null, string? folder = null)
    {
        await using var host = HostProcess.Start(HostProcess.FreeAddress(), data, configuration ?? [], folder, arguments);
        var exit = await host.WaitForExitAsync(Token);
        return (exit, host.Output);
    }

    private SortedDictionary<string, string> Hashes() => new(
        Directory.EnumerateFiles(_data, "*", SearchOption.AllDirectories)
            .ToDictionary(path => Path.GetRelativePath(_data, path), path => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))),
        StringComparer.Ordinal);
}
