//! The link and what goes wrong with a host, and what a session has beside requests.

use super::*;

#[tokio::test]
async fn frames_in_pieces_are_read_and_one_that_is_never_finished_closes_the_connection() {
    let listener = listener().await;
    let link = link_with(&listener, |c| c.frame_timeout = Duration::from_millis(200));
    let task = authorize(&link, 1);
    let mut host = Host::accept(&listener).await;
    let request = host.read().await;
    let approved = answer(&request, &Verdict::bare(ResponseCode::Approved), table()).unwrap();
    let mut frame = Vec::new();
    Framing::default().push(&approved.encode(table()).unwrap(), &mut frame).unwrap();
    for piece in frame.chunks(7) {
        host.stream.write_all(piece).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert!(matches!(task.await.unwrap(), HostAnswer::Answered(_)));

    let task = authorize(&link, 2);
    host.read().await;
    host.stream.write_all(&frame[..frame.len() / 2]).await.unwrap();
    let HostAnswer::Unknown { why } = task.await.unwrap() else { panic!() };
    assert_eq!(why, "host stopped in the middle of a frame");
    let stats = link.stats();
    assert_eq!((stats.malformed, stats.last_malformed, stats.timeouts, stats.open), (1, None, 0, 0));
}

#[tokio::test]
async fn a_second_answer_is_a_duplicate_and_one_after_a_loss_is_late() {
    let listener = listener().await;
    let link = link(&listener);
    let task = authorize(&link, 1);
    let mut host = Host::accept(&listener).await;
    let request = host.read().await;
    host.approve(&request).await;
    host.approve(&request).await;
    assert_eq!(approved_with(&task.await.unwrap()), Some("000001"));
    let task = authorize(&link, 2);
    let lost = host.read().await;
    drop(host);
    assert!(is_unknown(&task.await.unwrap()));
    let task = authorize(&link, 3);
    let mut host = Host::accept(&listener).await;
    let request = host.read().await;
    host.approve(&lost).await;
    host.approve(&request).await;
    assert_eq!(approved_with(&task.await.unwrap()), Some("000003"));
    let stats = link.stats();
    assert_eq!((stats.duplicates, stats.late, stats.answered, stats.reconnects), (1, 1, 2, 1));
    assert_eq!((stats.open, stats.in_flight, stats.latency.count), (1, 0, 2));
}

#[tokio::test]
async fn two_sessions_are_interleaved_and_keep_their_own() {
    let listener = listener().await;
    let links = [link(&listener), link(&listener)];
    let (mut hosts, mut asked) = (Vec::new(), Vec::new());
    for link in &links {
        // The same trace numbers in both sessions.
        asked.push((1..=8).map(|stan| authorize(link, stan)).collect::<Vec<_>>());
        hosts.push(Host::accept(&listener).await);
    }
    let mut seen = [Vec::new(), Vec::new()];
    for _ in 0..8 {
        for (host, seen) in hosts.iter_mut().zip(&mut seen) {
            seen.push(host.read().await);
        }
    }
    for place in (0..8).rev() {
        for (which, (host, seen)) in hosts.iter_mut().zip(&seen).enumerate() {
            let stan = seen[place].text(11).unwrap().trim_start_matches('0').to_owned();
            let approval_code = Some(format!("S{which}N{stan}"));
            let verdict = Verdict { approval_code, ..Verdict::bare(ResponseCode::Approved) };
            host.write(&answer(&seen[place], &verdict, table()).unwrap()).await;
        }
    }
    for (which, tasks) in asked.into_iter().enumerate() {
        for (stan, task) in (1..).zip(tasks) {
            assert_eq!(approved_with(&task.await.unwrap()), Some(format!("S{which}N{stan}").as_str()));
        }
    }
}

#[tokio::test]
async fn too_many_in_flight_are_not_sent() {
    let listener = listener().await;
    let link = link_with(&listener, |c| c.in_flight_max = 1);
    let task = authorize(&link, 1);
    let mut host = Host::accept(&listener).await;
    let request = host.read().await;
    let HostAnswer::NotSent { why } = link.authorize(&authorization(2)).await else { panic!() };
    assert_eq!(why, "too many requests are waiting for their answers");
    host.approve(&request).await;
    assert!(approved_with(&task.await.unwrap()).is_some());
    let stats = link.stats();
    assert_eq!((stats.sent, stats.refused, stats.in_flight), (1, 1, 0));
}

#[tokio::test]
async fn a_silent_host_is_asked_and_loses_the_connection_if_it_stays_silent() {
    let listener = listener().await;
    let link = link_with(&listener, |c| {
        c.echo_after = Some(Duration::from_millis(200));
        c.answer_timeout = Duration::from_millis(300);
    });
    let task = authorize(&link, 1);
    let mut host = Host::accept(&listener).await;
    let request = host.read().await;
    host.approve(&request).await;
    assert!(approved_with(&task.await.unwrap()).is_some());
    let echo = host.read().await;
    assert_eq!((echo.mti(), echo.text(70)), (Mti::NETWORK_REQUEST, Some("301")));
    host.write(&network_answer(&echo, NetworkCode::Echo, table()).unwrap()).await;
    assert_eq!(host.read().await.text(70), Some("301"), "and once more");
    // Unanswered: the link closes, and this end sees it.
    assert_eq!(host.stream.read(&mut [0; 16]).await.unwrap(), 0);
    assert_eq!((link.stats().sent, link.stats().open), (1, 0));
    assert!(link.stats().echoes >= 2);
}

#[tokio::test]
async fn keys_are_changed_at_either_side_and_leave_is_taken() {
    let listener = listener().await;
    let link = link(&listener);
    let change = tokio::spawn({
        let link = link.clone();
        async move { link.change_key().await }
    });
    let mut host = Host::accept(&listener).await;
    let request = host.read().await;
    assert_eq!(request.text(70), Some("101"));
    host.write(&network_answer(&request, NetworkCode::KeyChange, table()).unwrap()).await;
    assert_eq!(change.await.unwrap(), HostAnswer::from(Answer::bare(ResponseCode::Approved)));
    host.write(&request).await;
    let answer = host.read().await;
    assert_eq!((answer.mti().number(), answer.text(39), answer.text(70)), (810, Some("00"), Some("101")));
    assert_eq!(link.stats().key_changes, 1);
    let leaving = tokio::spawn({
        let link = link.clone();
        async move { link.sign_off().await }
    });
    let request = host.read().await;
    assert_eq!(request.text(70), Some("002"));
    host.write(&network_answer(&request, NetworkCode::SignOff, table()).unwrap()).await;
    leaving.await.unwrap();
    assert_eq!(link.stats().open, 0);
}

#[tokio::test]
async fn an_answer_from_another_terminal_is_unknown() {
    let listener = listener().await;
    let link = link(&listener);
    let task = authorize(&link, 1);
    let mut host = Host::accept(&listener).await;
    let mut request = host.read().await;
    request.put(41, "T0000002").unwrap();
    host.approve(&request).await;
    assert!(is_unknown(&task.await.unwrap()));
}
