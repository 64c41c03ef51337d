using System.Text.Json;
using Sous.Plugins.Sdk.Testing.Bench;
using Sous.Plugins.Sdk.Webhooks;

namespace Sous.Plugins.Sdk.Testing.Rules;

/// <summary>
/// Genuine webhooks are taken and forged ones are not. What a service does not sign may be altered only where nothing of it
/// counts: the same events are read.
/// </summary>
internal static class WebhookRule
{
    public static Task CheckAsync(Workbench bench, Findings findings, CancellationToken cancellationToken)
    {
        if (bench.Driver.Factory is not IWebhookReceiver receiver)
        {
            findings.NotApplicable("The factory takes no webhooks.");
            return Task.CompletedTask;
        }

        if (bench.Service.Webhooks.Count == 0)
        {
            findings.Add("The factory takes webhooks, and the sample service names none: set Webhooks.");
        }

        foreach (var (sample, index) in bench.Service.Webhooks.Select((sample, index) => (sample, index + 1)))
        {
            Check(receiver, sample, $"Webhook {index}", findings);
        }

        return Task.CompletedTask;
    }

    private static void Check(IWebhookReceiver receiver, WebhookSample sample, string name, Findings findings)
    {
        var genuine = Try(receiver, sample);
        if (genuine is not (WebhookVerdict.Genuine, null))
        {
            findings.Add($"{name} is genuine, and it was {Tell(genuine)}.");
            return;
        }

        var events = Read(receiver, sample.Request, name, findings);
        if (events is null || events != Read(receiver, sample.Request, name, findings))
        {
            findings.Add($"{name}, read twice, tells other events the second time.");
        }

        foreach (var (how, forged, strict) in ForgeriesOf(sample))
        {
            findings.Try();
            var said = Try(receiver, forged);
            if (said.Failure is not null || (said.Verdict == WebhookVerdict.Genuine && (strict || Read(receiver, forged.Request, $"{name}, {how},", findings) != events)))
            {
                findings.Add($"{name}, {how}, was {Tell(said)}.");
            }
        }

        var unsigned = sample.Request.Headers.Keys.Count(header => Try(receiver, sample with { Request = Without(sample.Request, header) }).Verdict != WebhookVerdict.Genuine);
        if (unsigned == 0)
        {
            findings.Add($"{name} is taken without any one of its headers: no signature is asked for.");
        }

        foreach (var garbage in (string[])["", "<html>", "[]", "{}", "null", "{\"a\":"])
        {
            Read(receiver, sample.Request with { Body = System.Text.Encoding.UTF8.GetBytes(garbage) }, $"{name}, with the body {garbage},", findings);
        }
    }

    /// <summary>Forgeries of a webhook; strict are those that must be refused whatever is read of them.</summary>
    private static IEnumerable<(string How, WebhookSample Sample, bool Strict)> ForgeriesOf(WebhookSample sample)
    {
        var (request, body) = (sample.Request, sample.Request.Body);
        yield return ("checked by another secret", sample with { Secret = new Secret(sample.Secret.Reveal() + "x") }, true);
        yield return ("without headers", sample with { Request = request with { Headers = new Dictionary<string, string>() } }, true);
        yield return ("with empty headers", sample with { Request = request with { Headers = request.Headers.ToDictionary(header => header.Key, _ => "", StringComparer.OrdinalIgnoreCase) } }, true);
        yield return ("with headers that no encoding has", sample with { Request = request with { Headers = request.Headers.ToDictionary(header => header.Key, _ => "not = base64", StringComparer.OrdinalIgnoreCase) } }, true);
        yield return ("with headers of nonsense", sample with { Request = request with { Headers = request.Headers.ToDictionary(header => header.Key, _ => "AAAA", StringComparer.OrdinalIgnoreCase) } }, true);
        yield return ("with more at its end", sample with { Request = request with { Body = (byte[])[.. body.Span, (byte)' '] } }, false);
        yield return ("with another body", sample with { Request = request with { Body = "{\"event_id\":\"x\",\"type\":\"order.created\"}"u8.ToArray() } }, false);
        foreach (var place in new[] { 0, body.Length / 2, body.Length - 1 }.Where(place => place >= 0 && body.Length > 0).Distinct())
        {
            var altered = body.ToArray();
            altered[place] ^= 1;
            yield return ($"with byte {place} altered", sample with { Request = request with { Body = altered } }, false);
        }
    }

    private static WebhookRequest Without(WebhookRequest request, string header)
        => request with { Headers = request.Headers.Where(h => h.Key != header).ToDictionary(StringComparer.OrdinalIgnoreCase) };

    private static (WebhookVerdict? Verdict, Exception? Failure) Try(IWebhookReceiver receiver, WebhookSample sample)
    {
        try
        {
            return (receiver.Verify(sample.Request, sample.Secret, sample.ReceivedAt), null);
        }
        catch (Exception e)
        {
            return (null, e);
        }
    }

    private static string Tell((WebhookVerdict? Verdict, Exception? Failure) said)
        => said.Failure is { } failure ? $"met with {CallOutcome.Describe(failure)} instead of a verdict" : $"held for {said.Verdict}";

    /// <summary>The events as text; null where the body was refused.</summary>
    private static string? Read(IWebhookReceiver receiver, WebhookRequest request, string name, Findings findings)
    {
        try
        {
            return JsonSerializer.Serialize(receiver.Read(request));
        }
        catch (DriverException)
        {
            return null;
        }
        catch (Exception e)
        {
            findings.Add($"{name} made reading throw {CallOutcome.Describe(e)} instead of a DriverException.");
            return null;
        }
    }
}
