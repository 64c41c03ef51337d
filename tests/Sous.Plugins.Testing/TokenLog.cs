using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Http;
using OpenIddict.Abstractions;
using OpenIddict.Server;

namespace Sous.Plugins.Testing;

/// <summary>Keeps what came to the token endpoint and what became of it, and lets a test stand at either end of an answer.</summary>
internal sealed class TokenLog(TimeProvider clock)
{
    private readonly ConcurrentQueue<TokenCall> _calls = new();
    private readonly ConcurrentDictionary<string, string> _exchanged = new();
    private readonly ConcurrentDictionary<string, string> _accounts = new();
    private int _inFlight;

    public IReadOnlyCollection<TokenCall> Calls => _calls;

    /// <summary>Refreshes that came, granted or not.</summary>
    public IEnumerable<TokenCall> Refreshes => _calls.Where(static call => call.Grant == "refresh_token");

    /// <summary>Refresh tokens that came again after they had been exchanged.</summary>
    public int Reuses => _calls.Count(static call => call.Reused);

    /// <summary>Called before the service does anything about a token request; true where it answered by itself.</summary>
    public Func<HttpContext, Task<bool>>? Asked { get; set; }

    /// <summary>Called when the service has granted and written it down, and has answered nothing yet.</summary>
    public Func<TokenCall, Task>? Granted { get; set; }

    /// <summary>Called when the answer has been handed to the socket.</summary>
    public Func<TokenCall, Task>? Answered { get; set; }

    /// <summary>Token requests that are not through yet.</summary>
    public int InFlight => _inFlight;

    /// <summary>Answers with tokens that an account was given, by code or by refresh.</summary>
    public int GrantsOf(string account) => _calls.Count(call => call.Granted && call.Account == account);

    public static ValueTask NoteAccount(OpenIddictServerEvents.ProcessSignInContext context)
    {
        if (context.Transaction.GetHttpRequest()?.HttpContext is { } http)
        {
            http.Items[typeof(TokenLog)] = context.Principal?.GetClaim(OpenIddictConstants.Claims.Subject);
        }

        return default;
    }

    public async Task RecordAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path != "/token")
        {
            await next(context);
            return;
        }

        Interlocked.Increment(ref _inFlight);
        try
        {
            if (Asked is not { } asked || !await asked(context))
            {
                await AnswerAsync(context, next);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        // Read before the other end can go away, and granted whether it does or not: a service hears of a dead client last.
        context.Request.EnableBuffering();
        var form = await context.Request.ReadFormAsync();
        context.RequestAborted = CancellationToken.None;
        context.Request.Body.Position = 0;
        var to = context.Response.Body;
        using var answer = new MemoryStream();
        context.Response.Body = answer;
        await next(context);
        context.Response.Body = to;
        var call = Record(context, form, answer);
        if (call.Granted && Granted is { } granted)
        {
            await granted(call);
        }

        answer.Position = 0;
        await answer.CopyToAsync(to);
        await context.Response.CompleteAsync();
        if (call.Granted && Answered is { } answered)
        {
            await answered(call);
        }
    }

    private TokenCall Record(HttpContext context, IFormCollection form, MemoryStream answer)
    {
        var hash = form["refresh_token"] is [{ Length: > 0 } sent] ? Hash(sent) : null;
        var fresh = context.Response.StatusCode == 200 ? Read(answer, "refresh_token") : null;
        var account = context.Items[typeof(TokenLog)] as string ?? (hash is null ? null : _accounts.GetValueOrDefault(hash));
        var call = new TokenCall(
            form["grant_type"].ToString(), hash, clock.GetUtcNow(), account, fresh is not null, hash is not null && _exchanged.ContainsKey(hash),
            context.Request.Headers.Authorization.Count > 0 ? "basic" : "body");
        if (fresh is not null && account is not null)
        {
            _accounts[Hash(fresh)] = account;
            _exchanged[hash ?? ""] = account;
        }

        _calls.Enqueue(call);
        return call;
    }

    private static string? Read(MemoryStream answer, string name)
    {
        using var json = JsonDocument.Parse(answer.ToArray());
        return json.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null;
    }

    private static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
