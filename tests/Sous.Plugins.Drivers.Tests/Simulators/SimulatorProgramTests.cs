using System.Diagnostics;
using System.Text.Json;
using Sous.Plugins.Simulators.Square;

namespace Sous.Plugins.Drivers.Tests.Simulators;

public sealed class SimulatorProgramTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_says_where_it_is_in_one_line_and_ends_when_its_stdin_closes()
    {
        using var process = Start("--orders", "100", "--square-url", "http://127.0.0.1:0", "--google-drive-url", "http://127.0.0.1:0", "--recipes", "5", "--toast-url", "http://127.0.0.1:0", "--toast-orders", "10", "--lightspeed-url", "http://127.0.0.1:0", "--lightspeed-accounts", "10");
        var line = await process.StandardOutput.ReadLineAsync(Token);

        var services = JsonDocument.Parse(line!).RootElement;
        var square = services.GetProperty("square");
        using var client = new HttpClient();
        var secrets = await client.GetStringAsync(new Uri(square.GetProperty("apiUrl").GetString() + "/_simulator/secrets"), Token);
        process.StandardInput.Close();
        await process.WaitForExitAsync(Token);

        Assert.Equal(["apiUrl", "authUrl", "clientId", "clientSecret", "webhookSecret"], square.EnumerateObject().Select(p => p.Name));
        Assert.Equal(["apiUrl", "authUrl", "clientId", "clientSecret"], services.GetProperty("google-drive").EnumerateObject().Select(p => p.Name));
        Assert.Equal(["apiUrl", "authUrl", "clientId", "clientSecret", "webhookSecret"], services.GetProperty("toast").EnumerateObject().Select(p => p.Name));
        Assert.Equal(["apiUrl", "authUrl", "clientId", "clientSecret"], services.GetProperty("lightspeed").EnumerateObject().Select(p => p.Name));
        Assert.Contains(square.GetProperty("clientSecret").GetString()!, secrets, StringComparison.Ordinal);
        Assert.Equal((0, "", ""), (process.ExitCode, await process.StandardOutput.ReadToEndAsync(Token), await process.StandardError.ReadToEndAsync(Token)));
    }

    [Fact]
    public async Task An_argument_that_it_does_not_know_gets_a_sentence_and_exit_code_2()
    {
        using var process = Start("--orders", "many");
        await process.WaitForExitAsync(Token);

        Assert.Equal(2, process.ExitCode);
        Assert.Contains("'--orders many' is not understood", await process.StandardError.ReadToEndAsync(Token), StringComparison.Ordinal);
    }

    private static Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo("dotnet", [typeof(SquareSimulator).Assembly.Location, .. arguments])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
