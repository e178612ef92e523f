"""The shapes of questions and answers that several resources share."""
