using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Takeovers;

/// <summary>
/// The service of the driver Fixture.Shop, with an account for each key. Each account gives one of its five items another name every so often: the
/// numbers from 0 on, so that whoever keeps each version once, in order, has them all.
/// </summary>
internal sealed class ManyShops : IAsyncDisposable
{
    public const string Driver = "shop";

    private const int Items = 5;

    private static readonly TimeSpan s_answerTime = TimeSpan.FromMilliseconds(20);

    private readonly string _plugins = Path.Combine(Directory.CreateTempSubdirectory("sous-shops-").FullName, "plugins.json");
    private readonly DateTimeOffset _start = TimeProvider.System.GetUtcNow();
    private readonly TimeSpan _every;
    private readonly WebApplication _app;
    private DateTimeOffset? _end;
    private TaskCompletionSource? _held;
    private int _heldCalls;

    private ManyShops(TimeSpan every)
    {
        _every = every;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    /// <summary>Answers that are held back.</summary>
    public int Held => _heldCalls;

    /// <param name="every">How often each account changes something.</param>
    public static async Task<ManyShops> StartAsync(TimeSpan every, CancellationToken cancellationToken)
    {
        SharedHosts.SkipWhereMissing();
        var shops = new ManyShops(every);
        await shops._app.StartAsync(cancellationToken);
        var fixtures = Path.Combine(Tree.Root, "artifacts", "fixtures");
        await File.WriteAllTextAsync(shops._plugins, $$"""{ "pluginsFolder": "{{fixtures}}", "plugins": [ { "id": "{{Driver}}", "path": "Fixture.Shop" } ] }""", cancellationToken);
        return shops;
    }

    /// <summary>Hosts that meet it.</summary>
    /// <param name="connect">What is done with the first of them.</param>
    public Task<SharedHosts> StartHostsAsync(Func<SharedHosts, HostProcess, Task> connect)
    {
        var address = HostProcess.FreeAddress();
        var configuration = new Dictionary<string, string?>
        {
            ["PublicUrl"] = address.GetLeftPart(UriPartial.Authority),
            ["LogLevel"] = "Warning",
            [$"Clients:{Driver}:ApiUrl"] = _app.Urls.First(),
            [$"Clients:{Driver}:RateLimits:registration"] = "none",
            [$"Clients:{Driver}:RateLimits:connection"] = "none",
        };
        return SharedHosts.StartAsync(address, configuration, connect, "--plugins", _plugins);
    }

    public static string KeyOf(int account) => string.Create(CultureInfo.InvariantCulture, $"key-{account}");

    /// <summary>How many versions an account's items have had so far.</summary>
    public int CountOf(int account)
    {
        // Not all at the same time.
        var since = (_end ?? TimeProvider.System.GetUtcNow()) - _start + (_every * (account % 7 / 7.0));
        return 1 + (int)(since / _every);
    }

    /// <summary>Nothing changes any more.</summary>
    public void Close() => _end ??= TimeProvider.System.GetUtcNow();

    /// <summary>From now on what is new is answered only when the task's source is set.</summary>
    public TaskCompletionSource Hold()
    {
        _heldCalls = 0;
        return _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public async ValueTask DisposeAsync()
    {
        _held?.TrySetResult();
        await _app.DisposeAsync();
        Directory.Delete(Path.GetDirectoryName(_plugins)!, recursive: true);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var key = context.Request.Headers["X-Shop-Key"].ToString();
        if (!int.TryParse(key.AsSpan(key.IndexOf('-', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture, out var account))
        {
            context.Response.StatusCode = (int)HttpStatusCode.Unauthorized;
            return;
        }

        await (context.Request.Path.Value switch
        {
            "/whoami" => context.Response.WriteAsJsonAsync(new { account = key }),
            "/items" => AnswerItemsAsync(context, account),
            "/sales" => context.Response.WriteAsJsonAsync(new { items = Array.Empty<object>(), next = "c0" }),
            "/totals" => context.Response.WriteAsJsonAsync(new { payments = 0 }),
            _ => context.Response.WriteAsJsonAsync(new { }),
        });
    }

    private async Task AnswerItemsAsync(HttpContext context, int account)
    {
        var from = int.Parse(context.Request.Query["cursor"].ToString().TrimStart('c'), CultureInfo.InvariantCulture);
        // No item twice in a page.
        var count = Math.Clamp(CountOf(account) - from, 0, Items);
        var items = Enumerable.Range(from, count).Select(static i => new { id = $"item-{i % Items}", name = i.ToString(CultureInfo.InvariantCulture) });
        if (count > 0 && _held is { Task.IsCompleted: false } held)
        {
            Interlocked.Increment(ref _heldCalls);
            await held.Task.WaitAsync(context.RequestAborted);
        }
        else
        {
            await Task.Delay(s_answerTime, context.RequestAborted);
        }

        await context.Response.WriteAsJsonAsync(new { items, next = string.Create(CultureInfo.InvariantCulture, $"c{from + count}") });
    }
}
